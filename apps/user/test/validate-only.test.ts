import { randomUUID } from 'node:crypto';
import { adminId, administratorsPermissions, startUser, type UserUnderTest, verdictOf } from './user-under-test';

let user: UserUnderTest;
let admin: Awaited<ReturnType<UserUnderTest['asPerson']>>;
beforeAll(async () => {
  user = await startUser();
  admin = await user.asPerson(adminId, administratorsPermissions);
});
afterAll(() => user.close());

/** All that the database holds. */
const readAll = async () => {
  const read = (table: string) => user.query(`select * from ${table} order by 1, 2`);
  return [await read('users'), await read('user_external_ids'), await read('idempotency_records')];
};

describe('validate_only', () => {
  it('says what a creation would give, and nothing is there afterwards', async () => {
    const before = await readAll();
    const request = { email: 'ada@example.com', username: 'ada', externalIds: [{ provider: 'okta', id: '1' }], requestId: randomUUID() };
    const previewed = await admin.createUser({ ...request, validateOnly: true });
    expect(previewed).toMatchObject({ email: request.email, externalIds: request.externalIds, roleIds: ['member'] });
    expect(await readAll()).toEqual(before);
    expect(await verdictOf(admin.getUser({ id: previewed.id }))).toBe('NOT_FOUND USER_NOT_FOUND');
    // the request_id is as good as before
    const made = await admin.createUser(request);
    expect(made.id).not.toBe(previewed.id);
    expect(await admin.createUser(request)).toEqual(made);
  });

  it('says what a change would give, and nothing is changed', async () => {
    const ada = await admin.createUser({ email: 'eve@example.com' });
    const self = await user.asPerson(ada.id);
    const before = await readAll();
    const request = { user: { id: ada.id, displayName: 'Eve', etag: ada.etag }, requestId: randomUUID() };
    for (const client of [admin, self]) expect(await client.updateUser({ ...request, validateOnly: true })).toMatchObject({ displayName: 'Eve', etag: '"2"' });
    expect(await readAll()).toEqual(before);
    expect(await admin.updateUser(request)).toMatchObject({ displayName: 'Eve', etag: '"2"' });
    // what is done already is looked at anew
    expect(await verdictOf(admin.updateUser({ ...request, validateOnly: true }))).toBe('ABORTED ETAG_MISMATCH');
  });

  it('refuses what would be refused', async () => {
    const ada = await admin.createUser({ email: 'bob@example.com' });
    const before = await readAll();
    const validateOnly = true;
    const self = await user.asPerson(ada.id);
    const refused = [
      [admin.createUser({ email: 'BOB@example.com', validateOnly }), 'ALREADY_EXISTS EMAIL_TAKEN'],
      [admin.createUser({ email: 'bob', validateOnly }), 'INVALID_ARGUMENT VALIDATION_FAILED email'],
      [user.as().createUser({ email: 'carl@example.com', validateOnly }), 'UNAUTHENTICATED TOKEN_MISSING'],
      [self.createUser({ email: 'carl@example.com', validateOnly }), 'PERMISSION_DENIED PERMISSION_DENIED'],
      [admin.updateUser({ user: { id: randomUUID(), displayName: 'x' }, validateOnly }), 'NOT_FOUND USER_NOT_FOUND'],
      [admin.updateUser({ user: { id: ada.id, etag: '"9"' }, validateOnly }), 'ABORTED ETAG_MISMATCH'],
      [self.updateUser({ user: { id: 'me', phone: '+4930123456' }, validateOnly }), 'PERMISSION_DENIED FIELD_CHANGE_NOT_ALLOWED user.phone'],
    ] as const;
    for (const [call, verdict] of refused) expect(await verdictOf(call)).toBe(verdict);
    expect(await readAll()).toEqual(before);
  });
});
