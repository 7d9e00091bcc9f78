import { randomUUID } from 'node:crypto';
import { adminId, administratorsPermissions, startUser, type UserUnderTest, verdictOf } from './user-under-test';

let user: UserUnderTest;
let admin: Awaited<ReturnType<UserUnderTest['asPerson']>>;
let roles: Awaited<ReturnType<UserUnderTest['roles']>>;
let count = 0;
beforeAll(async () => {
  user = await startUser();
  admin = await user.asPerson(adminId, administratorsPermissions);
  roles = await user.roles(adminId, administratorsPermissions);
});
afterAll(() => user.close());

const newId = () => `role-${count++}`;
const createPerson = (...roleIds: string[]) =>
  admin.createUser({ email: `person-${count++}@example.com` }).then(({ id }) => admin.setUserRoles({ id, roleIds }));
const permissionsOf = async (id: string) => (await (await user.asService()).resolvePerson({ person: { $case: 'id', value: id } })).permissions;

describe('a role', () => {
  it('is made, read, changed and deleted', async () => {
    const id = newId();
    const made = await roles.createRole({
      roleId: id,
      role: { title: ' Support\u00a0desk ', description: 'Answers mail.', permissions: ['users.read', 'mail.send'] },
    });
    expect(made).toMatchObject({
      id,
      title: 'Support desk',
      description: 'Answers mail.',
      permissions: ['mail.send', 'users.read'],
      builtIn: false,
      etag: '"1"',
    });
    expect(await roles.getRole({ id })).toEqual(made);
    const changed = await roles.updateRole({ role: { id, permissions: ['users.read'], etag: made.etag } });
    expect(changed).toMatchObject({ title: 'Support desk', permissions: ['users.read'], createTime: made.createTime, etag: '"2"' });
    expect(await roles.updateRole({ role: { id, permissions: ['users.read'] } })).toEqual(changed);
    expect(await roles.updateRole({ role: { id }, updateMask: ['description'] })).toMatchObject({ description: '', title: 'Support desk' });
    expect(await roles.updateRole({ role: { id, builtIn: true, title: 'All' }, updateMask: ['*'] })).toMatchObject({
      title: 'All',
      permissions: [],
      builtIn: false,
    });
    await roles.deleteRole({ id });
    expect(await verdictOf(roles.getRole({ id }))).toBe('NOT_FOUND ROLE_NOT_FOUND');
  });

  it('is made once with an id, and once for a request_id', async () => {
    const request = { roleId: newId(), role: { title: 'Once' }, requestId: randomUUID() };
    const made = await roles.createRole(request);
    expect(await roles.createRole(request)).toEqual(made);
    expect(await verdictOf(roles.createRole({ ...request, requestId: '' }))).toBe('ALREADY_EXISTS ROLE_EXISTS');
    const verdicts = await Promise.all(Array.from({ length: 5 }, () => verdictOf(roles.createRole({ roleId: 'many-at-once', role: {} }))));
    expect(verdicts.sort()).toEqual([...Array(4).fill('ALREADY_EXISTS ROLE_EXISTS'), 'OK']);
  });

  it('is changed and deleted only with the current etag, and by nobody when it is not there', async () => {
    const made = await roles.createRole({ roleId: newId(), role: {} });
    await roles.updateRole({ role: { id: made.id, title: 'New' } });
    expect(await verdictOf(roles.updateRole({ role: { ...made, title: 'Late' } }))).toBe('ABORTED ETAG_MISMATCH');
    const error = await roles.deleteRole({ id: made.id, etag: made.etag }).catch((thrown) => thrown);
    expect(error).toMatchObject({ reason: 'ETAG_MISMATCH', message: 'what is to be changed has changed since this etag: read it again' });
    expect(await verdictOf(roles.deleteRole({ id: made.id, etag: '"2"' }))).toBe('OK');
    expect(await verdictOf(roles.deleteRole({ id: made.id }))).toBe('NOT_FOUND ROLE_NOT_FOUND');
    expect(await verdictOf(roles.updateRole({ role: { id: made.id, title: 'Late' } }))).toBe('NOT_FOUND ROLE_NOT_FOUND');
  });

  it.each([
    [{ roleId: '', role: {} }, 'roleId'],
    [{ roleId: 'Admin', role: {} }, 'roleId'],
    [{ roleId: '1st', role: {} }, 'roleId'],
    [{ roleId: 'x'.repeat(64), role: {} }, 'roleId'],
    [{ roleId: 'fine' }, 'role'],
    [{ roleId: 'fine', role: { title: 'x'.repeat(101) } }, 'role.title'],
    [{ roleId: 'fine', role: { title: 'a\u202eb' } }, 'role.title'],
    [{ roleId: 'fine', role: { description: 'x'.repeat(1_001) } }, 'role.description'],
    [{ roleId: 'fine', role: { permissions: ['read'] } }, 'role.permissions[0]'],
    [{ roleId: 'fine', role: { permissions: ['users.read', 'Users.read'] } }, 'role.permissions[1]'],
    [{ roleId: 'fine', role: { permissions: ['users.read', 'users.read'] } }, 'role.permissions'],
    [{ roleId: 'fine', role: { permissions: ['a.b\0'] } }, 'role.permissions[0]'],
    [{ roleId: 'fine', role: { permissions: Array.from({ length: 201 }, (_, index) => `a.b${index}`) } }, 'role.permissions'],
  ])('is refused with the fields at fault in %j', async (request, field) => {
    expect(await verdictOf(roles.createRole(request))).toMatch(new RegExp(`^INVALID_ARGUMENT VALIDATION_FAILED ${field.replace(/[[\].]/g, '\\$&')}`));
  });

  it('is listed with the others in the order of ids, page by page', async () => {
    for (const id of ['zz-last', 'aa-first']) await roles.createRole({ roleId: id, role: {} });
    const seen: string[] = [];
    let pageToken = '';
    do {
      const page = await roles.listRoles({ pageSize: 2, pageToken });
      expect(page.roles.length).toBeLessThanOrEqual(2);
      seen.push(...page.roles.map(({ id }) => id));
      pageToken = page.nextPageToken;
    } while (pageToken);
    expect(seen).toEqual([...new Set(seen)].sort());
    expect(seen).toEqual(expect.arrayContaining(['aa-first', 'admin', 'member', 'zz-last']));
    expect((await roles.listRoles({})).roles.map(({ id }) => id)).toEqual(seen);
    for (const token of ['x', '%', 'AAAA', 'made-up!'])
      expect(await verdictOf(roles.listRoles({ pageToken: token }))).toBe('INVALID_ARGUMENT PAGE_TOKEN_INVALID pageToken');
  });
});

describe('a built-in role', () => {
  it('is not deleted, and never permits less', async () => {
    for (const id of ['admin', 'member']) {
      const role = await roles.getRole({ id });
      expect(role.builtIn).toBe(true);
      expect(await verdictOf(roles.deleteRole({ id }))).toBe('FAILED_PRECONDITION ROLE_BUILT_IN');
      const more = await roles.updateRole({ role: { id, permissions: [...role.permissions, 'mail.send'].sort() } });
      expect(await roles.updateRole({ role: { id, permissions: role.permissions }, updateMask: ['permissions'] })).toEqual({
        ...role,
        updateTime: expect.any(Date),
        etag: expect.any(String),
      });
      expect(more.permissions).toContain('mail.send');
    }
    expect(await verdictOf(roles.updateRole({ role: { id: 'admin', permissions: ['users.read'] } }))).toBe('FAILED_PRECONDITION ROLE_BUILT_IN');
    expect(await verdictOf(roles.updateRole({ role: { id: 'admin', title: 'x' }, updateMask: ['*'] }))).toBe('FAILED_PRECONDITION ROLE_BUILT_IN');
    expect((await roles.getRole({ id: 'admin' })).permissions).toEqual(expect.arrayContaining([...administratorsPermissions]));
  });
});

describe('the roles of a person', () => {
  it('are what auth is told of, as soon as a role or a person changes', async () => {
    const [one, other] = [newId(), newId()];
    await roles.createRole({ roleId: one, role: { permissions: ['mail.send', 'mail.read'] } });
    await roles.createRole({ roleId: other, role: { permissions: ['mail.read', 'users.read'] } });
    const person = await createPerson(other, one);
    expect(person.roleIds).toEqual([one, other].sort());
    expect(await permissionsOf(person.id)).toEqual(['mail.read', 'mail.send', 'users.read']);
    await roles.updateRole({ role: { id: one }, updateMask: ['permissions'] });
    expect(await permissionsOf(person.id)).toEqual(['mail.read', 'users.read']);
    await admin.setUserRoles({ id: person.id, roleIds: [] });
    expect(await permissionsOf(person.id)).toEqual([]);
  });

  it('are such as there are, with the current etag, once for a request_id', async () => {
    const person = await createPerson('member');
    expect(await verdictOf(admin.setUserRoles({ id: person.id, roleIds: ['member', 'nothing'] }))).toBe('NOT_FOUND ROLE_NOT_FOUND');
    expect(await verdictOf(admin.setUserRoles({ id: person.id, roleIds: ['admin'], etag: '"9"' }))).toBe('ABORTED ETAG_MISMATCH');
    expect(await verdictOf(admin.setUserRoles({ id: randomUUID(), roleIds: ['admin'] }))).toBe('NOT_FOUND USER_NOT_FOUND');
    expect(await verdictOf(admin.setUserRoles({ id: person.id, roleIds: ['admin', 'admin'] }))).toBe('INVALID_ARGUMENT VALIDATION_FAILED roleIds');
    expect(await verdictOf(admin.setUserRoles({ id: 'me', roleIds: ['Admin'] }))).toBe('INVALID_ARGUMENT VALIDATION_FAILED id roleIds[0]');
    expect(await admin.setUserRoles({ id: person.id, roleIds: ['member'] })).toEqual(person);
    const request = { id: person.id, roleIds: ['admin', 'member'], etag: person.etag, requestId: randomUUID() };
    const changed = await admin.setUserRoles(request);
    expect(await admin.setUserRoles(request)).toEqual(changed);
    expect(await admin.getUser({ id: person.id })).toEqual(changed);
  });

  it('keep a role from being deleted, also while it is given', async () => {
    const id = newId();
    await roles.createRole({ roleId: id, role: {} });
    const person = await createPerson(id);
    expect(await verdictOf(roles.deleteRole({ id }))).toBe('FAILED_PRECONDITION ROLE_IN_USE');
    // who is deleted may come back with their roles
    await admin.deleteUser({ id: person.id });
    expect(await verdictOf(roles.deleteRole({ id }))).toBe('FAILED_PRECONDITION ROLE_IN_USE');
    for (let round = 0; round < 20; round++) {
      const roleId = newId();
      await roles.createRole({ roleId, role: {} });
      const { id: given } = await createPerson();
      const [set, deleted] = await Promise.all([verdictOf(admin.setUserRoles({ id: given, roleIds: [roleId] })), verdictOf(roles.deleteRole({ id: roleId }))]);
      const isThere = (await verdictOf(roles.getRole({ id: roleId }))) === 'OK';
      expect([set, deleted]).toEqual(isThere ? ['OK', 'FAILED_PRECONDITION ROLE_IN_USE'] : ['NOT_FOUND ROLE_NOT_FOUND', 'OK']);
      expect((await admin.getUser({ id: given })).roleIds).toEqual(isThere ? [roleId] : []);
    }
  });
});
