import { Role, UserStatus } from '@gatehouse/contracts/user';
import { randomUUID } from 'node:crypto';
import { startUser, type UserUnderTest, verdictOf } from './user-under-test';

let user: UserUnderTest;
beforeAll(async () => (user = await startUser()));
afterAll(() => user.close());

describe('CreateUser', () => {
  it('adds an active member, as an administrator or auth asks', async () => {
    const admin = await user.asAdmin();
    const ada = await admin.createUser({ email: 'Ada@Example.com', displayName: 'Ada' });
    expect(ada).toMatchObject({ email: 'Ada@example.com', displayName: 'Ada', status: UserStatus.USER_STATUS_ACTIVE, roles: [Role.ROLE_MEMBER] });
    expect(ada.id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7/);
    expect(ada.createTime!.getTime()).toBeGreaterThan(Date.now() - 60_000);
    expect(await admin.getUser({ id: ada.id })).toEqual(ada);
    expect(await verdictOf((await user.asService()).createUser({ email: 'service@example.com' }))).toBe('OK');
  });

  it('refuses everyone else, before it looks at the request', async () => {
    const invalid = { email: 'no email' };
    expect(await verdictOf(user.as().createUser(invalid))).toBe('UNAUTHENTICATED TOKEN_MISSING');
    expect(await verdictOf((await user.asPerson(randomUUID())).createUser(invalid))).toBe('PERMISSION_DENIED PERMISSION_DENIED');
    expect(await verdictOf((await user.asService('gateway')).createUser(invalid))).toBe('PERMISSION_DENIED PERMISSION_DENIED');
  });

  it.each([
    [{ email: '' }, 'email'],
    [{ email: 'ada' }, 'email'],
    [{ email: `${'a'.repeat(250)}@example.com` }, 'email'],
    [{ email: 'a@example.com', displayName: 'x'.repeat(201) }, 'displayName'],
    [{ email: 'a@example.com', displayName: 'a\0b' }, 'displayName'],
    [{ email: 'a@example.com', requestId: 'no uuid' }, 'requestId'],
    [{ email: 'a@example.com', userId: 'no uuid' }, 'userId'],
  ])('names the fields at fault in %j', async (request, fields) => {
    expect(await verdictOf((await user.asAdmin()).createUser(request))).toBe(`INVALID_ARGUMENT VALIDATION_FAILED ${fields}`);
  });

  it('takes an email once, whatever its case, also when two ask at once', async () => {
    const admin = await user.asAdmin();
    const verdicts = await Promise.all(['Twice@example.com', 'twice@example.com', 'TWICE@EXAMPLE.COM'].map((email) => verdictOf(admin.createUser({ email }))));
    expect(verdicts.sort()).toEqual(['ALREADY_EXISTS EMAIL_TAKEN', 'ALREADY_EXISTS EMAIL_TAKEN', 'OK']);
  });

  it('takes an email once, however it is written, and finds its person by each of the forms', async () => {
    const [admin, auth] = [await user.asAdmin(), await user.asService()];
    const made = await admin.createUser({ email: 'Kurt@b\u00fccher.example' });
    expect(made.email).toBe('Kurt@xn--bcher-kva.example');
    // A-labels, decomposed text, capitals, full-width letters, KELVIN SIGN
    for (const email of [
      'kurt@xn--bcher-kva.example',
      'kurt@bu\u0308cher.example',
      'KURT@B\u00dcCHER.EXAMPLE',
      'kurt@b\u00fccher.\uff45xample',
      '\u212aurt@XN--BCHER-KVA.example',
    ]) {
      expect(await verdictOf(admin.createUser({ email }))).toBe('ALREADY_EXISTS EMAIL_TAKEN');
      expect((await auth.resolvePerson({ person: { $case: 'email', value: email } })).user?.id).toBe(made.id);
      expect((await admin.updateUser({ user: { id: made.id, email: made.email }, updateMask: ['email'] })).etag).toBe(made.etag);
    }
    for (const email of ['kurt@b\u00fccher', 'kurt@buecher.example', 'kurt@xn--bcher-kva.example.com'])
      expect(await verdictOf(auth.resolvePerson({ person: { $case: 'email', value: email } }))).toBe('NOT_FOUND EMAIL_UNKNOWN');
    // what JavaScript or a collation would fold to a letter of ASCII is another character, and in no email
    for (const email of ['\u0130da@example.com', '\u017fam@example.com', 'ada@\u0661.example', ' ada@example.com'])
      expect(await verdictOf(admin.createUser({ email }))).toBe('INVALID_ARGUMENT VALIDATION_FAILED email');
  });

  it('takes a name without the spaces around it, in NFC, and none that hides something', async () => {
    const admin = await user.asAdmin();
    expect((await admin.createUser({ email: 'name@example.com', displayName: ' Rene\u0301\u00a0 Descartes ' })).displayName).toBe('Ren\u00e9 Descartes');
    expect((await admin.createUser({ email: 'long@example.com', displayName: `  ${'x'.repeat(200)}  ` })).displayName).toHaveLength(200);
    for (const displayName of ['a\nb', '\u202enimda', 'a\u2069'])
      expect(await verdictOf(admin.createUser({ email: 'hidden@example.com', displayName }))).toBe('INVALID_ARGUMENT VALIDATION_FAILED displayName');
  });

  it('knows ids and request ids in either case', async () => {
    const auth = await user.asService();
    const request = { email: 'case@example.com', userId: randomUUID(), requestId: randomUUID() };
    const made = await auth.createUser({ ...request, userId: request.userId.toUpperCase(), requestId: request.requestId.toUpperCase() });
    expect(made.id).toBe(request.userId);
    expect(await auth.createUser(request)).toEqual(made);
  });

  it('lets only services choose the id', async () => {
    const userId = randomUUID();
    expect(await verdictOf((await user.asAdmin()).createUser({ email: 'chosen@example.com', userId }))).toBe('INVALID_ARGUMENT USER_ID_NOT_ALLOWED');
    const auth = await user.asService();
    expect((await auth.createUser({ email: 'chosen@example.com', userId })).id).toBe(userId);
    expect((await auth.createUser({ email: 'Chosen@example.com', userId })).id).toBe(userId);
    expect(await verdictOf(auth.createUser({ email: 'other@example.com', userId }))).toBe('ALREADY_EXISTS EMAIL_TAKEN');
  });

  it('answers a repeated request_id as the first time, and refuses it for another request', async () => {
    const admin = await user.asAdmin();
    const request = { email: 'again@example.com', displayName: 'Again', requestId: randomUUID() };
    const [first, ...others] = await Promise.all([1, 2, 3].map(() => admin.createUser(request).catch((error) => error.reason)));
    const answers = [first, ...others].filter((answer) => answer !== 'REQUEST_IN_PROGRESS');
    expect(answers.length).toBeGreaterThan(0);
    for (const answer of answers) expect(answer).toEqual(answers[0]);
    expect(await admin.createUser(request)).toEqual(answers[0]);
    expect(await verdictOf(admin.createUser({ ...request, displayName: 'Other' }))).toBe('INVALID_ARGUMENT REQUEST_ID_REUSED');
    expect(await verdictOf((await user.asService()).createUser(request))).toBe('ALREADY_EXISTS EMAIL_TAKEN');
  });
});
