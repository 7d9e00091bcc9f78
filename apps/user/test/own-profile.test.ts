import { Role, type User, UserStatus } from '@gatehouse/contracts/user';
import { adminId, administratorsPermissions, startUser, type UserUnderTest, verdictOf } from './user-under-test';

type Client = Awaited<ReturnType<UserUnderTest['asPerson']>>;

let user: UserUnderTest;
let admin: Client;
let self: Client;
let ada: User;
let count = 0;
beforeAll(async () => {
  user = await startUser();
  admin = await user.asPerson(adminId, administratorsPermissions);
});
beforeEach(async () => {
  ada = await admin.createUser({ email: `ada-${count++}@example.com`, publicMetadata: { plan: 'gold' }, privateMetadata: { risk: 'high' } });
  self = await user.asPerson(ada.id);
});
afterAll(() => user.close());

const own: Readonly<Record<string, unknown>> = {
  displayName: 'Ada',
  givenName: 'Augusta',
  familyName: 'King',
  locale: 'en',
  timeZone: 'Europe/London',
  pictureUrl: 'https://example.com/a.png',
  ownMetadata: { theme: 'dark' },
};
const others: Readonly<Record<string, unknown>> = {
  emailVerified: true,
  phone: '+4930123456',
  username: 'lovelace',
  publicMetadata: { plan: 'platinum' },
  privateMetadata: { risk: 'low' },
  externalIds: [{ provider: 'okta', id: 'x' }],
};
const toPath = (field: string) => field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

describe('of themselves people', () => {
  it.each(Object.entries(own))('change their %s', async (field, value) => {
    for (const id of ['me', ada.id]) {
      expect(await self.updateUser({ user: { id, [field]: value }, updateMask: [toPath(field)] })).toMatchObject({ [field]: value });
      const emptied = await self.updateUser({ user: { id }, updateMask: [toPath(field)] });
      expect(emptied).toMatchObject({ [field]: ada[field as keyof User] });
    }
  });

  it.each(Object.entries(others))('do not change their %s, with whatever mask', async (field, value) => {
    const refused = `PERMISSION_DENIED FIELD_CHANGE_NOT_ALLOWED user.${field}`;
    const read = { ...(await self.getUser({ id: 'me' })), id: 'me', etag: '' };
    for (const updateMask of [[], ['*'], [toPath(field)], ['display_name', toPath(field)]])
      expect(await verdictOf(self.updateUser({ user: { ...read, displayName: 'Sly', [field]: value }, updateMask }))).toBe(
        field === 'privateMetadata' && updateMask.includes('*') ? 'OK' : refused,
      );
    expect((await admin.getUser({ id: ada.id }))[field as keyof User]).toEqual(ada[field as keyof User]);
  });

  it('do not change their email, though they may write it as it is', async () => {
    expect(await verdictOf(self.updateUser({ user: { id: 'me', email: 'else@example.com' } }))).toBe('PERMISSION_DENIED EMAIL_CHANGE_NOT_ALLOWED user.email');
    expect(await verdictOf(self.updateUser({ user: { id: 'me', email: ada.email, displayName: 'Ada' } }))).toBe('OK');
  });

  it('write back what they read, and lose nothing that they are not told', async () => {
    const read = await self.getUser({ id: 'me' });
    const written = await self.updateUser({ user: { ...read, id: 'me', displayName: 'Ada' }, updateMask: ['*'] });
    expect(written).toEqual({ ...read, displayName: 'Ada', updateTime: written.updateTime, etag: written.etag });
    expect((await admin.getUser({ id: ada.id })).privateMetadata).toEqual({ risk: 'high' });
  });

  it('get no role, no permission and no status by any field', async () => {
    const roles = { roles: [Role.ROLE_ADMIN], roleIds: ['admin'], status: UserStatus.USER_STATUS_SUSPENDED };
    for (const updateMask of [[], ['*'], ['roles', 'role_ids', 'status']])
      await self.updateUser({ user: { ...ada, ...roles, id: 'me', privateMetadata: undefined }, updateMask });
    expect(await admin.getUser({ id: ada.id })).toEqual(ada);
    expect(await verdictOf(self.setUserRoles({ id: ada.id, roleIds: ['admin'] }))).toBe('PERMISSION_DENIED PERMISSION_DENIED');
    expect(await verdictOf(self.reinstateUser({ id: ada.id }))).toBe('PERMISSION_DENIED PERMISSION_DENIED');
    expect((await (await user.asService()).resolvePerson({ person: { $case: 'id', value: ada.id } })).permissions).toEqual([]);
  });
});

describe('private metadata', () => {
  it('is told to nobody but who may read everybody', async () => {
    const auth = await user.asService();
    const updater = await user.asPerson(adminId, ['users.update', 'users.delete', 'users.suspend', 'users.setRoles', 'users.create']);
    const answers: readonly User[] = [
      await self.getUser({ id: 'me' }),
      await self.updateUser({ user: { id: 'me', displayName: 'Ada' } }),
      await auth.updateUser({ user: { id: ada.id, displayName: 'By auth' } }),
      ...(await auth.listUsers({ pageSize: 200 })).users,
      ...(await auth.batchGetUsers({ ids: [ada.id] })).users,
      (await auth.resolvePerson({ person: { $case: 'id', value: ada.id } })).user!,
      await updater.updateUser({ user: { id: ada.id, displayName: 'By another' } }),
      await updater.suspendUser({ id: ada.id }),
      await updater.deleteUser({ id: ada.id }),
      await updater.undeleteUser({ id: ada.id }),
      await updater.reinstateUser({ id: ada.id }),
      await updater.setUserRoles({ id: ada.id, roleIds: [] }),
      await updater.createUser({ email: `made-${count}@example.com`, privateMetadata: { risk: 'high' } }),
      await auth.ensureAdministrator({ email: ada.email, userId: ada.id }),
    ];
    expect(answers.filter(({ privateMetadata }) => privateMetadata !== undefined)).toEqual([]);
    expect((await admin.getUser({ id: ada.id })).privateMetadata).toEqual({ risk: 'high' });
  });

  it('cannot be guessed by its person', async () => {
    for (const privateMetadata of [{ risk: 'high' }, { risk: 'low' }, {}])
      for (const updateMask of [['private_metadata'], []])
        expect(await verdictOf(self.updateUser({ user: { id: 'me', privateMetadata }, updateMask }))).toBe(
          'PERMISSION_DENIED FIELD_CHANGE_NOT_ALLOWED user.privateMetadata',
        );
  });
});
