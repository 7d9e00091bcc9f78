import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { adminId, administratorsPermissions, startUser, type UserUnderTest, verdictOf } from './user-under-test';

let user: UserUnderTest;
let admin: Awaited<ReturnType<UserUnderTest['asPerson']>>;
let eraser: typeof admin;
beforeAll(async () => {
  user = await startUser();
  admin = await user.asPerson(adminId, administratorsPermissions);
  eraser = await user.asPerson(randomUUID(), ['people.erase']);
});
afterAll(() => user.close());

let count = 0;
const create = () =>
  admin.createUser({
    email: `erased-${++count}@example.com`,
    username: `erased-${count}`,
    displayName: `Erased ${count}`,
    phone: `+4930123400${count}`,
    externalIds: [{ provider: 'crm', id: `crm-erased-${count}` }],
    requestId: randomUUID(),
  });
const typesOf = async (id: string) => (await user.query('select type from outbox_events where subject = $1 order by xid, id', [id])).map(({ type }) => type);

/** Each text of the database that has one of these in it. */
async function search(texts: readonly string[]): Promise<string[]> {
  const tables = await user.query(
    `select quote_ident(table_name) as name from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE'`,
  );
  const found: string[] = [];
  for (const { name } of tables) {
    const rows = await user.query(`select ${name}::text as row from ${name}`);
    for (const { row } of rows) {
      const readable = (row as string).replace(/\\+x([0-9a-f]+)/g, (_, hex: string) => Buffer.from(hex, 'hex').toString('latin1'));
      if (texts.some((text) => readable.includes(text))) found.push(`${name}: ${readable}`);
    }
  }
  return found;
}

describe('an erased person', () => {
  it('is in no table any more, neither in answers that are kept, and followers are told', async () => {
    const person = await create();
    const personal = [person.email, person.username, person.displayName, person.phone, `crm-erased-${count}`];
    expect(await search(personal)).not.toEqual([]);
    expect(await eraser.eraseUser({ id: person.id })).toEqual({});
    expect(await search(personal)).toEqual([]);
    expect(await typesOf(person.id)).toEqual(['user.created', 'user.purged']);
    expect(await verdictOf(eraser.eraseUser({ id: person.id }))).toBe('NOT_FOUND USER_NOT_FOUND');
  });

  it('is not made anew by a repetition of the call that made them', async () => {
    const request = { email: `erased-${++count}@example.com`, requestId: randomUUID() };
    const { id } = await admin.createUser(request);
    await eraser.eraseUser({ id });
    expect(await verdictOf(admin.createUser(request))).toBe('INVALID_ARGUMENT REQUEST_ID_REUSED');
  });

  it('may be oneself, and is nobody by the word of who may not erase', async () => {
    const person = await create();
    const reader = await user.asPerson(randomUUID(), ['users.delete']);
    expect(await verdictOf(reader.eraseUser({ id: person.id }))).toBe('PERMISSION_DENIED PERMISSION_DENIED');
    expect(await (await user.asPerson(person.id, [])).eraseUser({ id: 'me' })).toEqual({});
    expect(await verdictOf(admin.getUser({ id: person.id }))).toBe('NOT_FOUND USER_NOT_FOUND');
  });

  it('is no administrator by the word of who has less power, and never the last one', async () => {
    const auth = await user.asService();
    const one = await auth.ensureAdministrator({ email: 'first-admin@example.com', userId: randomUUID() });
    expect(await verdictOf(eraser.eraseUser({ id: one.id }))).toMatch(/^PERMISSION_DENIED PERMISSION_NOT_HELD/);
    expect(await verdictOf((await user.asPerson(one.id, [])).eraseUser({ id: 'me' }))).toBe('FAILED_PRECONDITION LAST_ADMINISTRATOR');
  });

  it('is not in what PostgreSQL has noted of columns any more, once that is old', async () => {
    const other = await startUser(user.databaseUrl, { overrides: { maxSampleAgeMs: 20 } });
    const person = await create();
    const noted = async () => JSON.stringify(await user.query('select * from pg_stats where schemaname = $1', ['public']));
    await user.query('analyze');
    expect(await noted()).toContain(person.email);
    await eraser.eraseUser({ id: person.id });
    // what an idle connection has changed PostgreSQL counts later, and that of one that ends at once
    await user.query('update users set revision = revision');
    while ((await noted()).includes(person.email)) await pause(20);
    await other.close();
  });
});
