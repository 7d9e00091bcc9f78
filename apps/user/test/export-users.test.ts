import type { ExportUsersResponse, User } from '@gatehouse/contracts/user';
import { Client } from 'pg';
import { asImporter, type BulkClient, importRows } from './bulk-under-test';
import { startUser, type UserUnderTest, verdictOf } from './user-under-test';

let user: UserUnderTest;
let database: Client;
let client: BulkClient;
beforeEach(async () => {
  user = await startUser();
  database = new Client({ connectionString: user.databaseUrl });
  await database.connect();
  client = await asImporter(user);
});
afterEach(async () => {
  await database.end();
  await user.close();
});

const people = 1_200;
const addPeople = async (count = people, more: object = {}, size = 500) =>
  importRows(
    client,
    Array.from({ length: count }, (_, number) => ({ email: `person-${number}@example.com`, displayName: `${number}`, ...more })),
    {},
    { size },
  );

async function exportAll(
  by: BulkClient,
  request: { cursor?: string; showDeleted?: boolean } = {},
): Promise<{ users: User[]; responses: ExportUsersResponse[] }> {
  const responses: ExportUsersResponse[] = [];
  for await (const response of by.exportUsers(request)) responses.push(response);
  return { users: responses.flatMap(({ users }) => users), responses };
}

/** Reads the first response of an export, and leaves. */
async function exportSome(by: BulkClient, request: { cursor?: string; showDeleted?: boolean } = {}): Promise<ExportUsersResponse> {
  for await (const response of by.exportUsers(request)) return response;
  throw new Error('nobody was exported');
}

/** Creates, changes, deletes and purges. */
async function changeEverything(): Promise<void> {
  await client.createUser({ email: 'new@example.com' });
  const { rows } = await database.query('select id from users order by id desc limit 3');
  await client.updateUser({ user: { id: rows[1].id, displayName: 'changed' } });
  await client.deleteUser({ id: rows[2].id });
  await database.query(`delete from users where email = 'person-${people - 10}@example.com'`);
  await database.query(`update users set display_name = 'changed by all'`);
}

describe('ExportUsers', () => {
  it('gives everyone in the order of their ids, with all that there is of them, a few hundred a message', async () => {
    await addPeople(people, { privateMetadata: { note: 'x' } });
    await importRows(client, [{ email: 'person-7@example.com', externalIds: [{ provider: 'okta', id: '7' }] }]);
    const { users, responses } = await exportAll(client);
    expect(users).toHaveLength(people);
    expect(users.map(({ id }) => id)).toEqual(users.map(({ id }) => id).sort());
    for (const each of users.filter((_, index) => index % 400 === 7)) expect(each).toEqual(await client.getUser({ id: each.id }));
    expect(users.every(({ privateMetadata }) => privateMetadata?.['note'] === 'x')).toBe(true);
    expect(responses.map(({ users: { length } }) => length)).toEqual([500, 500, 200]);
  });

  it('leaves deleted people out unless they are asked for', async () => {
    await addPeople(3);
    const { id } = await client.createUser({ email: 'deleted@example.com' });
    const deleted = await client.deleteUser({ id });
    expect((await exportAll(client)).users).toHaveLength(3);
    expect((await exportAll(client, { showDeleted: true })).users.at(-1)).toEqual(deleted);
  });

  it('ends at once where nobody is', async () => {
    expect((await exportAll(client)).responses).toEqual([]);
  });

  it('gives them as they were when it began, whatever becomes of them meanwhile', async () => {
    await addPeople();
    const { users: before } = await exportAll(client);
    const after: User[] = [];
    for await (const { users } of client.exportUsers({})) {
      if (!after.length) await changeEverything();
      after.push(...users);
    }
    expect(after).toEqual(before);
    expect((await exportAll(client)).users).not.toEqual(before);
  });

  it('is taken up by its cursor where it was cut off, at another process too, still at that moment', async () => {
    await addPeople();
    const { users: before } = await exportAll(client);
    const first = await exportSome(client);
    await changeEverything();
    const other = await startUser(user.databaseUrl);
    const elsewhere = await asImporter(other);
    const second = await exportSome(elsewhere, { cursor: first.cursor });
    // the process where it began may go
    await user.app.close();
    const { users: rest } = await exportAll(elsewhere, { cursor: second.cursor });
    expect([...first.users, ...second.users, ...rest]).toEqual(before);
    // and so may what was read there
    expect([...first.users, ...(await exportAll(elsewhere, { cursor: first.cursor })).users]).toEqual(before);
    await other.close();
  });

  it('cannot be taken up when no process has its moment any more, and not by a cursor that is none', async () => {
    await addPeople();
    const { cursor } = await exportSome(client);
    await user.app.close();
    const other = await startUser(user.databaseUrl);
    const elsewhere = await asImporter(other);
    const forged = Buffer.from(cursor, 'base64url');
    forged[20]! ^= 1;
    for (const each of [cursor, 'x', '*', Buffer.alloc(16).toString('base64url'), forged.toString('base64url')])
      expect(await verdictOf(exportAll(elsewhere, { cursor: each }))).toBe('OUT_OF_RANGE CURSOR_EXPIRED');
    await other.close();
  });

  it('ends where its moment is lost on the way', async () => {
    await addPeople();
    const { cursor } = await exportSome(client);
    await database.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'gatehouse-user-bulk' and datname = current_database()`,
    );
    expect(await verdictOf(exportAll(client, { cursor }))).toBe('OUT_OF_RANGE CURSOR_EXPIRED');
    expect((await exportAll(client)).users).toHaveLength(people);
  });

  it('is taken up as it began', async () => {
    await addPeople();
    const { cursor } = await exportSome(client);
    expect(await verdictOf(exportAll(client, { cursor, showDeleted: true }))).toBe('INVALID_ARGUMENT VALIDATION_FAILED showDeleted');
  });

  it('is told to wait while there are too many that were not finished, and not for those that were', async () => {
    await addPeople();
    for (let time = 0; time < 6; time++) await exportAll(client);
    const cursors: string[] = [];
    for (let time = 0; time < 4; time++) cursors.push((await exportSome(client)).cursor);
    expect(await verdictOf(exportAll(client))).toBe('RESOURCE_EXHAUSTED OVERLOADED');
    await exportAll(client, { cursor: cursors[0]! });
    expect(await verdictOf(exportAll(client))).toBe('OK');
    for (const cursor of cursors.slice(1)) expect(await verdictOf(exportAll(client, { cursor }))).toBe('OK');
  });

  it('refuses the fifth of those that begin at once, also where snapshots of exports that are done make room', async () => {
    await addPeople(1_200, { publicMetadata: { a: 'x'.repeat(5_000) } }, 100);
    for (let time = 0; time < 4; time++) await exportAll(client);
    const verdicts = await Promise.all(Array.from({ length: 8 }, () => verdictOf(exportSome(client))));
    expect(verdicts.sort()).toEqual([...Array(4).fill('OK'), ...Array(4).fill('RESOURCE_EXHAUSTED OVERLOADED')]);
  });

  it('gives people with much metadata in messages that everybody can read', async () => {
    const large = { a: Array.from({ length: 8_000 }, () => 1) };
    await addPeople(12, { publicMetadata: large, privateMetadata: large, ownMetadata: large }, 2);
    const { responses, users } = await exportAll(client);
    expect(users).toHaveLength(12);
    expect(responses.length).toBeGreaterThan(4);
  });

  it('is for those who may', async () => {
    expect(await verdictOf(exportAll(await asImporter(user, ['users.read'])))).toBe('PERMISSION_DENIED PERMISSION_DENIED');
    expect(await verdictOf(exportAll(await user.asService()))).toBe('PERMISSION_DENIED PERMISSION_DENIED');
  });
});
