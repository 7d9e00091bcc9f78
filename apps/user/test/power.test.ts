import { type User, UserStatus } from '@gatehouse/contracts/user';
import { importRows, outcomesOf } from './bulk-under-test';
import { adminId, administratorsPermissions, startUser, type UserUnderTest, verdictOf } from './user-under-test';

type Client = Awaited<ReturnType<UserUnderTest['asPerson']>>;
const managersPermissions = ['users.read', 'users.update', 'users.delete', 'users.suspend', 'users.setRoles', 'roles.create', 'roles.update', 'roles.delete'];

let user: UserUnderTest;
let admin: Client;
let roles: Awaited<ReturnType<UserUnderTest['roles']>>;
let count = 0;
beforeAll(async () => {
  user = await startUser();
  admin = await user.asPerson(adminId, administratorsPermissions);
  roles = await user.roles(adminId, administratorsPermissions);
  await roles.createRole({ roleId: 'manager', role: { permissions: managersPermissions } });
  await roles.createRole({ roleId: 'reader', role: { permissions: ['users.read'] } });
  await roles.createRole({ roleId: 'biller', role: { permissions: ['invoices.send'] } });
});
afterAll(() => user.close());

/** Somebody with these roles. */
async function createPerson(...roleIds: string[]): Promise<User> {
  const { id } = await admin.createUser({ email: `person-${count++}@example.com` });
  return admin.setUserRoles({ id, roleIds });
}
/** Calls as they do who have this role, with the permissions that it gives. */
const asHolder = async (person: User): Promise<Client> => {
  const { permissions } = await (await user.asService()).resolvePerson({ person: { $case: 'id', value: person.id } });
  return user.asPerson(person.id, permissions);
};
const notHeld = 'PERMISSION_DENIED PERMISSION_NOT_HELD';

/** Each way to have power over somebody. */
const powers: Readonly<Record<string, (client: Client, id: string) => Promise<User>>> = {
  'change their profile': (client, id) => client.updateUser({ user: { id, email: `taken-over-${count++}@example.com` } }),
  'suspend them': (client, id) => client.suspendUser({ id }),
  'reinstate them': (client, id) => client.reinstateUser({ id }),
  'delete them': (client, id) => client.deleteUser({ id }),
  'undelete them': (client, id) => client.undeleteUser({ id }),
};

describe('power over somebody', () => {
  it.each(Object.keys(powers))('who has fewer permissions cannot %s', async (name) => {
    const manager = await asHolder(await createPerson('manager'));
    for (const stronger of [await createPerson('admin'), await createPerson('biller'), await createPerson('member', 'reader', 'biller')]) {
      expect(await verdictOf(powers[name]!(manager, stronger.id))).toBe(notHeld);
      expect(await admin.getUser({ id: stronger.id })).toEqual(stronger);
    }
    for (const other of [await createPerson(), await createPerson('member'), await createPerson('reader'), await createPerson('manager')])
      expect(await verdictOf(powers[name]!(manager, other.id))).toBe('OK');
  });

  it('is what roles.escalate gives over everybody', async () => {
    const anyone = await user.asPerson(adminId, [...managersPermissions, 'roles.escalate']);
    for (const power of Object.values(powers)) expect(await verdictOf(power(anyone, (await createPerson('biller')).id))).toBe('OK');
    expect((await anyone.setUserRoles({ id: (await createPerson()).id, roleIds: ['admin', 'biller'] })).roleIds).toEqual(['admin', 'biller']);
  });

  it('names a permission that is missing, and nothing of who has it', async () => {
    const manager = await asHolder(await createPerson('manager'));
    const biller = await createPerson('biller');
    const error = await manager.suspendUser({ id: biller.id }).catch((thrown) => thrown);
    expect(error).toMatchObject({ metadata: { permission: 'invoices.send' }, message: 'the caller does not have the permission invoices.send themselves' });
  });

  it('nobody needs over themselves', async () => {
    const person = await createPerson('biller', 'manager');
    const self = await user.asPerson(person.id, ['users.update', 'users.suspend']);
    expect(await verdictOf(self.updateUser({ user: { id: 'me', email: `self-${count++}@example.com` } }))).toBe('OK');
    expect(await verdictOf(self.suspendUser({ id: person.id }))).toBe('OK');
  });

  it('is asked of who imports, also where the row would change nothing: what somebody has cannot be guessed', async () => {
    const { id, email } = await createPerson('biller');
    await admin.updateUser({ user: { id, privateMetadata: { risk: 'high' } } });
    const importer = await user.asPerson(adminId, ['users.import']);
    const outcomes = outcomesOf(
      await importRows(importer, [
        { email, privateMetadata: { risk: 'low' } },
        { email, privateMetadata: { risk: 'high' } },
      ]),
    );
    expect(outcomes).toEqual(['failed PERMISSION_NOT_HELD', 'failed PERMISSION_NOT_HELD']);
  });

  it('nobody has who was kept out, to let themselves in again while their token lives', async () => {
    const person = await createPerson('manager');
    const self = await user.asPerson(person.id, [...managersPermissions, 'users.import']);
    expect(await verdictOf(self.reinstateUser({ id: person.id }))).toBe('OK');
    expect(await verdictOf(self.undeleteUser({ id: person.id }))).toBe('OK');

    const denied = 'PERMISSION_DENIED PERMISSION_DENIED id';
    const suspended = await admin.suspendUser({ id: person.id });
    expect(await verdictOf(self.reinstateUser({ id: person.id }))).toBe(denied);
    const row = { email: person.email, status: UserStatus.USER_STATUS_ACTIVE };
    expect(outcomesOf(await importRows(self, [row]))).toEqual(['failed PERMISSION_DENIED status:not_allowed']);
    expect(await admin.getUser({ id: person.id })).toEqual(suspended);

    const deleted = await admin.deleteUser({ id: person.id });
    expect(await verdictOf(self.undeleteUser({ id: person.id }))).toBe(denied);
    expect(await admin.getUser({ id: person.id })).toEqual(deleted);
    expect(await verdictOf(admin.undeleteUser({ id: person.id }))).toBe('OK');
    expect(await verdictOf(admin.reinstateUser({ id: person.id }))).toBe('OK');
  });
});

describe('roles', () => {
  it('nobody gives or takes whose permissions they do not have, neither others nor themselves', async () => {
    const person = await createPerson('manager');
    const manager = await asHolder(person);
    const other = await createPerson('member');
    for (const id of [other.id, person.id]) {
      expect(await verdictOf(manager.setUserRoles({ id, roleIds: ['admin'] }))).toBe(notHeld);
      expect(await verdictOf(manager.setUserRoles({ id, roleIds: ['manager', 'biller'] }))).toBe(notHeld);
    }
    expect(await verdictOf(manager.setUserRoles({ id: other.id, roleIds: ['reader', 'manager'] }))).toBe('OK');
    expect(await verdictOf(manager.setUserRoles({ id: (await createPerson('biller')).id, roleIds: [] }))).toBe(notHeld);
    // with roles of their own, over somebody who has more
    expect(await verdictOf(manager.setUserRoles({ id: (await createPerson('admin')).id, roleIds: ['admin', 'reader'] }))).toBe(notHeld);
    expect(await verdictOf(manager.setUserRoles({ id: person.id, roleIds: [] }))).toBe('OK');
  });

  it('nobody makes or changes whose permissions they do not have', async () => {
    const manager = await user.roles(adminId, managersPermissions);
    const name = `own-${count++}`;
    expect(await verdictOf(manager.createRole({ roleId: name, role: { permissions: ['users.read', 'invoices.send'] } }))).toBe(notHeld);
    expect(await verdictOf(manager.createRole({ roleId: name, role: { permissions: ['users.read'] } }))).toBe('OK');
    expect(await verdictOf(manager.updateRole({ role: { id: name, permissions: ['users.read', 'roles.escalate'] } }))).toBe(notHeld);
    expect(await verdictOf(manager.updateRole({ role: { id: 'biller' }, updateMask: ['permissions'] }))).toBe(notHeld);
    expect(await verdictOf(manager.updateRole({ role: { id: 'member', permissions: ['users.delete', 'users.import'] } }))).toBe(notHeld);
    expect(await verdictOf(manager.updateRole({ role: { id: 'biller', title: 'Sends invoices' } }))).toBe('OK');
  });
});

describe('the last administrator', () => {
  const last = 'FAILED_PRECONDITION LAST_ADMINISTRATOR';
  const demotions: Readonly<Record<string, (client: Client, id: string) => Promise<User>>> = {
    delete: (client, id) => client.deleteUser({ id }),
    suspend: (client, id) => client.suspendUser({ id }),
    demote: (client, id) => client.setUserRoles({ id, roleIds: ['member'] }),
  };
  const administrators = () => user.query(`select id from users where 'admin' = any (roles) and status = 'active' and delete_time is null`);
  /** Leaves these as the only administrators. */
  const leave = (...people: User[]) =>
    user.query(`update users set roles = '{member}' where 'admin' = any (roles) and id <> all ($1)`, [people.map(({ id }) => id)]);

  it.each(Object.entries(demotions))('is not there to %s, by nobody', async (_, demotion) => {
    const root = await createPerson('admin', 'member');
    await leave(root);
    for (const client of [admin, await asHolder(root)]) expect(await verdictOf(demotion(client, root.id))).toBe(last);
    // neither who is suspended nor who is deleted counts
    const [suspended, deleted] = [await createPerson('admin'), await createPerson('admin')];
    await admin.suspendUser({ id: suspended.id });
    await admin.deleteUser({ id: deleted.id });
    expect(await verdictOf(demotion(admin, root.id))).toBe(last);
    expect(await admin.getUser({ id: root.id })).toEqual(root);
    await admin.reinstateUser({ id: suspended.id });
    expect(await verdictOf(demotion(admin, root.id))).toBe('OK');
    expect(await administrators()).toEqual([{ id: suspended.id }]);
  });

  it('is there whoever demotes whom at once', async () => {
    for (const demotion of Object.values(demotions))
      for (let round = 0; round < 10; round++) {
        const [one, other] = [await createPerson('admin'), await createPerson('admin')];
        await leave(one, other);
        const [asOne, asOther] = [await asHolder(one), await asHolder(other)];
        const verdicts = await Promise.all([verdictOf(demotion(asOne, other.id)), verdictOf(demotion(asOther, one.id))]);
        expect(verdicts.sort()).toEqual([last, 'OK']);
        expect(await administrators()).toHaveLength(1);
      }
  });
});
