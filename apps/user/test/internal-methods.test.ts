import { Role, UserStatus } from '@gatehouse/contracts/user';
import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { startUser, type UserUnderTest, verdictOf } from './user-under-test';

let user: UserUnderTest;
beforeAll(async () => (user = await startUser()));
afterAll(() => user.close());

const suspend = async (id: string) => {
  const client = new Client({ connectionString: user.databaseUrl });
  await client.connect();
  await client.query(`update users set status = 'suspended', roles = '{member}' where id = $1`, [id]);
  await client.end();
};

describe('ResolvePerson', () => {
  it('tells auth who somebody is and what they may do, by email or id', async () => {
    const auth = await user.asService();
    const ada = await auth.createUser({ email: 'Ada@example.com' });
    expect(await auth.resolvePerson({ person: { $case: 'email', value: 'aDA@example.com' } })).toEqual({ user: ada, permissions: [] });
    expect(await auth.resolvePerson({ person: { $case: 'id', value: ada.id } })).toEqual({ user: ada, permissions: [] });
    expect(await verdictOf(auth.resolvePerson({ person: { $case: 'id', value: randomUUID() } }))).toBe('NOT_FOUND USER_NOT_FOUND');
    expect(await verdictOf(auth.resolvePerson({}))).toBe('INVALID_ARGUMENT VALIDATION_FAILED person');
  });

  it('gives no rights to another person who has the email', async () => {
    const auth = await user.asService();
    const { id } = await auth.createUser({ email: 'early@example.com', userId: randomUUID() });
    expect(await verdictOf(auth.ensureAdministrator({ email: 'early@example.com', userId: randomUUID() }))).toBe('ALREADY_EXISTS EMAIL_TAKEN');
    expect((await auth.resolvePerson({ person: { $case: 'id', value: id } })).permissions).toEqual([]);
  });

  it('is for auth alone', async () => {
    const request = { person: { $case: 'email', value: 'ada@example.com' } } as const;
    expect(await verdictOf(user.as().resolvePerson(request))).toBe('UNAUTHENTICATED TOKEN_MISSING');
    expect(await verdictOf((await user.asAdmin()).resolvePerson(request))).toBe('PERMISSION_DENIED PERMISSION_DENIED');
    expect(await verdictOf((await user.asService('gateway')).resolvePerson(request))).toBe('PERMISSION_DENIED PERMISSION_DENIED');
  });
});

describe('EnsureAdministrator', () => {
  it('makes one administrator, though many ask at once, and leaves them untouched afterwards', async () => {
    const auth = await user.asService();
    const userId = randomUUID();
    const made = await Promise.all(Array.from({ length: 8 }, () => auth.ensureAdministrator({ email: 'root@example.com', userId })));
    expect(new Set(made.map(({ id }) => id)).size).toBe(1);
    expect(made[0]).toMatchObject({ status: UserStatus.USER_STATUS_ACTIVE, roles: [Role.ROLE_ADMIN, Role.ROLE_MEMBER] });
    expect(await auth.ensureAdministrator({ email: 'ROOT@example.com', userId })).toEqual(made[0]);
    const { permissions } = await auth.resolvePerson({ person: { $case: 'id', value: made[0]!.id } });
    expect(permissions).toEqual(expect.arrayContaining(['users.create', 'users.read', 'users.update']));
  });

  it('is answered as the first time for the same request_id', async () => {
    const auth = await user.asService();
    const request = { email: 'keyed@example.com', userId: randomUUID(), requestId: randomUUID() };
    const first = await auth.ensureAdministrator(request);
    await suspend(first.id);
    expect(await auth.ensureAdministrator({ ...request, userId: request.userId.toUpperCase() })).toEqual(first);
    expect((await auth.resolvePerson({ person: { $case: 'id', value: first.id } })).permissions).toEqual([]);
    expect(await verdictOf(auth.ensureAdministrator({ ...request, email: 'other@example.com' }))).toBe('INVALID_ARGUMENT REQUEST_ID_REUSED');
    expect(await verdictOf(auth.ensureAdministrator({ ...request, requestId: 'no uuid' }))).toBe('INVALID_ARGUMENT VALIDATION_FAILED requestId');
  });

  it('restores one who was suspended and lost the role', async () => {
    const auth = await user.asService();
    const before = await auth.ensureAdministrator({ email: 'fallen@example.com', userId: randomUUID() });
    await suspend(before.id);
    expect((await auth.resolvePerson({ person: { $case: 'id', value: before.id } })).user).toMatchObject({ status: UserStatus.USER_STATUS_SUSPENDED });
    const after = await auth.ensureAdministrator({ email: 'fallen@example.com', userId: before.id });
    expect(after).toMatchObject({ id: before.id, status: UserStatus.USER_STATUS_ACTIVE, roles: [Role.ROLE_ADMIN, Role.ROLE_MEMBER] });
    expect(after.etag).not.toBe(before.etag);
  });

  it('refuses an id that a person with another email has', async () => {
    const auth = await user.asService();
    const { id } = await auth.createUser({ email: 'moved@example.com' });
    expect(await verdictOf(auth.ensureAdministrator({ email: 'before@example.com', userId: id }))).toBe('ALREADY_EXISTS EMAIL_TAKEN');
  });

  it('is for auth alone', async () => {
    expect(await verdictOf((await user.asAdmin()).ensureAdministrator({ email: 'evil@example.com', userId: randomUUID() }))).toBe(
      'PERMISSION_DENIED PERMISSION_DENIED',
    );
  });
});
