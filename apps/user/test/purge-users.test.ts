import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { adminId, administratorsPermissions, startUser, verdictOf } from './user-under-test';

const start = async (retentionDays: string) => {
  const user = await startUser(undefined, { settings: { USER_DELETED_RETENTION_DAYS: retentionDays }, overrides: { purgeEveryMs: 20 } });
  return { user, admin: await user.asPerson(adminId, administratorsPermissions) };
};

describe('the purge', () => {
  it('removes who was deleted when the retention time is over, and frees what named them', async () => {
    const { user, admin } = await start('0');
    const named = { email: 'gone@example.com', username: 'gone', externalIds: [{ provider: 'okta', id: 'gone' }] };
    const before = await admin.createUser(named);
    const stays = await admin.createUser({ email: 'stays@example.com' });
    await admin.deleteUser({ id: before.id });
    while ((await verdictOf(admin.getUser({ id: before.id }))) === 'OK') await pause(20);
    expect(await verdictOf(admin.getUser({ id: before.id }))).toBe('NOT_FOUND USER_NOT_FOUND');
    expect(await verdictOf(admin.undeleteUser({ id: before.id }))).toBe('NOT_FOUND USER_NOT_FOUND');
    expect(await verdictOf(admin.getUserByExternalId({ provider: 'okta', id: 'gone' }))).toBe('NOT_FOUND EXTERNAL_ID_UNKNOWN');
    const after = await admin.createUser(named);
    expect(after.id).not.toBe(before.id);
    expect(await admin.getUser({ id: stays.id })).toEqual(stays);
    await user.close();
  });

  it('removes more people than it takes at once', async () => {
    const { user, admin } = await start('0');
    const { id: kept } = await admin.createUser({ email: 'kept@example.com' });
    await user.query(
      `insert into users (id, email, display_name, roles, status, delete_time, purge_time)
       select gen_random_uuid(), 'many-' || n || '@example.com', '', '{member}', 'suspended', now(), now() from generate_series(1, 1201) n`,
    );
    const count = async () => (await user.query('select count(*)::int as count from users'))[0]!.count;
    while ((await count()) > 1) await pause(20);
    expect(await verdictOf(admin.getUser({ id: kept }))).toBe('OK');
    await user.close();
  });

  it('leaves who was deleted until then', async () => {
    const { user, admin } = await start('1');
    const { id } = await admin.createUser({ email: 'waits@example.com' });
    const deleted = await admin.deleteUser({ id });
    expect(deleted.purgeTime!.getTime() - deleted.deleteTime!.getTime()).toBe(86_400_000);
    // somebody else's purge says that there was one
    const other = await admin.createUser({ email: 'sooner@example.com', requestId: randomUUID() });
    await admin.deleteUser({ id: other.id });
    await user.query('update users set purge_time = now() where id = $1', [other.id]);
    while ((await verdictOf(admin.getUser({ id: other.id }))) === 'OK') await pause(20);
    expect(await admin.getUser({ id })).toEqual(deleted);
    await user.close();
  });
});
