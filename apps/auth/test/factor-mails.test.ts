import { createPeopleWithFactors, password, recovery, totp } from './factors-under-test';
import { type AuthWithMailServer, startAuthWithMailServer } from './sent-mails';
import { verdictOf } from './auth-under-test';

const clock = { now: Date.now() };
let under: AuthWithMailServer;
let people: ReturnType<typeof createPeopleWithFactors>;
beforeAll(async () => {
  under = await startAuthWithMailServer({ overrides: { now: () => clock.now } });
  people = createPeopleWithFactors(under, clock);
});
beforeEach(() => void (clock.now = Date.now()));
afterAll(() => under.close());

const subjectsTo = async (email: string) => (await under.sentTo(email)).map(({ subject }) => subject);

it('whoever adds an app, uses a recovery code, makes new ones and removes the app is told each time, and where there is help', async () => {
  const { email, factorId, recoveryCodes } = await people.withFactor();
  const [added] = await under.sentTo(email);
  expect(added!.subject).toBe('An authenticator app was added to your Gatehouse account');
  expect(added!.text).toContain('That was not me:\nhttps://app.test/id/recover\n');

  expect(await verdictOf(under.factorsOf().completeLogin({ loginToken: await people.begin(email), code: recovery('0000-0000-0000-0000') }))).not.toBe('OK');
  expect(await subjectsTo(email)).toEqual([]);
  const { accessToken } = await under.factorsOf().completeLogin({ loginToken: await people.begin(email), code: recovery(recoveryCodes[0]!) });
  expect(await subjectsTo(email)).toEqual(['A recovery code of your Gatehouse account was used']);

  const mine = under.factorsOf(accessToken);
  await mine.regenerateRecoveryCodes({});
  expect(await subjectsTo(email)).toEqual(['The recovery codes of your Gatehouse account were replaced']);
  await mine.deleteFactor({ userId: 'me', factorId });
  expect(await subjectsTo(email)).toEqual(['An authenticator app was removed from your Gatehouse account']);
  expect((await under.auth.login({ email, password })).accessToken).toBeDefined();
});

it('a recovery code that steps up is told too', async () => {
  const { email, accessToken, recoveryCodes } = await people.withFactor();
  await under.factorsOf(accessToken).stepUp({ proof: recovery(recoveryCodes[0]!) });
  expect(await subjectsTo(email)).toContain('A recovery code of your Gatehouse account was used');
});

it('what an administrator removes is told to its person, in their language', async () => {
  const { id, email, factorId } = await people.withFactor();
  await under.sentTo(email);
  under.users.change(id, 'USER_CHANGE_KIND_UPDATED', { locale: 'de', displayName: 'Zoë' });
  const administrator = { id: crypto.randomUUID(), permissions: ['factors.delete'] };
  await under.factorsOf(await under.issuer.accessToken(administrator)).deleteFactor({ userId: id, factorId });
  expect(await under.sentTo(email)).toMatchObject([
    { subject: 'Eine Authenticator-App wurde aus Ihrem Konto bei Gatehouse entfernt', text: expect.stringMatching(/^Guten Tag Zoë,\n/) },
  ]);
});

it('an app that is pending is no news, when it comes and when it goes', async () => {
  const { email, accessToken } = await people.signUp();
  const mine = under.factorsOf(accessToken);
  const { factor } = await mine.enrollTotp({});
  expect(await verdictOf(mine.confirmTotp({ factorId: factor!.id, totpCode: '000000' }))).not.toBe('OK');
  await mine.deleteFactor({ userId: 'me', factorId: factor!.id });
  expect(await subjectsTo(email)).toEqual([]);
});

it('while user is away nothing of factors is changed that its person could not be told of', async () => {
  const { accessToken, codeAt } = await people.withFactor();
  const mine = under.factorsOf((await under.factorsOf(accessToken).stepUp({ proof: totp(codeAt(0)) })).accessToken);
  await under.users.stop();
  const verdict = await verdictOf(mine.regenerateRecoveryCodes({}));
  await under.users.restart();
  expect(verdict).toMatch(/^UNAVAILABLE /);
});
