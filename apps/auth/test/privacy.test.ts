import { createDatabase } from '@gatehouse/postgres';
import { randomUUID } from 'node:crypto';
import { personTables } from '../src/privacy/person-records';
import { type AuthUnderTest, startAuth, until, verdictOf } from './auth-under-test';
import { startAuthWithMails } from './mails-under-test';

const password = 'correct horse battery';
let under: AuthUnderTest;
let administrator: ReturnType<AuthUnderTest['personsAs']>;
beforeAll(async () => {
  under = await startAuth();
  administrator = under.personsAs(await under.issuer.accessToken({ id: randomUUID(), permissions: ['people.export', 'people.erase', 'users.read'] }));
});
afterEach(() => Object.assign(under.users.gates, { isFeedSilent: undefined, beforeErase: undefined }));
afterAll(() => under.close());

let count = 0;
async function enter() {
  const email = `private-${++count}@example.com`;
  const metadata = { 'gatehouse-client-address': `192.0.2.${count}`, 'gatehouse-client-user-agent': `Browser/${count}` };
  const { user, accessToken, refreshToken } = await under.auth.signUp({ email, password, displayName: `Private ${count}` }, { metadata });
  return {
    email,
    id: user!.id,
    refreshToken: refreshToken!,
    client: under.personsAs(accessToken!),
    personal: [email, `Private ${count}`, `192.0.2.${count}`, `Browser/${count}`],
  };
}
const collect = async <T>(stream: AsyncIterable<T>): Promise<T[]> => {
  const all: T[] = [];
  for await (const each of stream) all.push(each);
  return all;
};
/** What is there with their id, but for word to verifiers that what was signed for them counts no more: the id alone, until all of it has expired. */
const textOf = async (userId: string) =>
  [...new Set((await under.dump()).split('\n'))].filter((line) => line.includes(userId) && !line.includes(`${userId},person,`));

describe('what is kept of a person', () => {
  it('is told to themselves and to who may export people, from every service, and no secret with it', async () => {
    const { id, email, client } = await enter();
    await under.auth.login({ email, password });
    for (const responses of [await collect(client.exportPerson({ userId: 'me' })), await collect(administrator.exportPerson({ userId: id }))]) {
      const records = responses.flatMap(({ records }) => records);
      expect(records.map(({ service, kind }) => `${service} ${kind}`)).toEqual(['user profile', 'auth password', 'auth session', 'auth session', 'auth mail']);
      expect(records[0]!.data).toMatchObject({ id, email, displayName: `Private ${count}` });
      expect(records[2]!.data).toMatchObject({ client_address: `192.0.2.${count}`, auth_methods: ['pwd'] });
      expect(JSON.stringify(records)).not.toMatch(/argon2|hash|gh[rd]_/);
    }
  });

  it('goes on after any response', async () => {
    const { email, client } = await enter();
    for (let logins = 0; logins < 3; logins++) await under.auth.login({ email, password });
    const whole = await collect(client.exportPerson({ userId: 'me' }));
    const [first, ...rest] = whole;
    expect(await collect(client.exportPerson({ userId: 'me', cursor: first!.cursor }))).toMatchObject(rest.map(({ records }) => ({ records })));
    expect(await collect(client.exportPerson({ userId: 'me', cursor: whole.at(-1)!.cursor }))).toEqual([]);
    const other = await enter();
    for (const cursor of [first!.cursor, 'nonsense'])
      expect(await verdictOf(collect(other.client.exportPerson({ userId: 'me', cursor })))).toBe('INVALID_ARGUMENT CURSOR_INVALID');
  });

  it('is for nobody else, and of nobody who is not there', async () => {
    const { id } = await enter();
    const stranger = under.personsAs(await under.issuer.accessToken({ id: randomUUID() }));
    expect(await verdictOf(collect(stranger.exportPerson({ userId: id })))).toBe('PERMISSION_DENIED PERMISSION_DENIED');
    expect(await verdictOf(stranger.erasePerson({ userId: id }))).toBe('PERMISSION_DENIED PERMISSION_DENIED');
    expect(await verdictOf(collect(administrator.exportPerson({ userId: randomUUID() })))).toBe('NOT_FOUND PERSON_NOT_FOUND');
    const nobody = randomUUID();
    for (const _attempt of [1, 2]) expect(await verdictOf(administrator.erasePerson({ userId: nobody }))).toBe('NOT_FOUND PERSON_NOT_FOUND');
    expect(await textOf(nobody)).toEqual([]);
  });

  it('is listed for every table that has people in it', async () => {
    const rows = await under.database.query<{ table_name: string }>({
      name: 'list-tables-of-people',
      text: `select table_name from information_schema.columns where column_name = 'user_id' and table_schema = 'public' order by 1`,
    });
    expect(rows.map(({ table_name }) => table_name)).toEqual([...personTables].sort());
  });
});

describe('an erased person', () => {
  it('is nowhere any more but as an id that is gone, is let in no more, and is erased as well a second time', async () => {
    const { id, email, refreshToken, client, personal } = await enter();
    expect(await client.erasePerson({ userId: 'me' })).toEqual({});
    const dump = await under.dump();
    for (const text of personal) expect(dump).not.toContain(text);
    expect(await textOf(id)).toEqual([expect.stringContaining('purged')]);
    expect(await verdictOf(under.auth.refresh({ refreshToken }))).toBe('UNAUTHENTICATED REFRESH_TOKEN_INVALID');
    expect(await verdictOf(under.auth.login({ email, password }))).toBe('UNAUTHENTICATED INVALID_CREDENTIALS');
    expect(await administrator.erasePerson({ userId: id })).toEqual({});
  });

  it('leaves nothing of what others asked for with their email, of which no name and no password was kept before', async () => {
    const mailing = await startAuthWithMails({ beside: under });
    const { id, email } = await enter();
    // by whichever process does it
    const untilMailed = () =>
      until(async () => {
        await mailing.app.codeMailer.mailSome();
        return (await under.database.query({ name: 'find-to-mail', text: 'select from one_time_codes where mail_time is not null' })).length === 0;
      });
    const asked: string[] = [];
    for (const displayName of ['X', 'Somebody with a long name of many words', 'Y']) {
      const { verificationId = '' } = await mailing.auth.signUp({ email, password, displayName });
      asked.push(verificationId);
      await untilMailed();
    }
    asked.push((await mailing.email.resendVerification({ email, verificationId: asked.at(-1)! })).verificationId);
    await untilMailed();
    const [row] = await under.database.query<{ count: number; lengths: number }>({
      name: 'find-asked',
      text: `select count(*)::int as count, count(distinct octet_length(sealed)) filter (where purpose = 'sign_up')::int as lengths
             from one_time_codes where id = any ($1::uuid[]) and user_id = $2`,
      values: [asked, id],
    });
    expect(row).toEqual({ count: 4, lengths: 1 });
    await administrator.erasePerson({ userId: id });
    expect(await under.database.query({ name: 'find-left', text: 'select id from one_time_codes where id = any ($1::uuid[])', values: [asked] })).toEqual([]);
    await mailing.close();
  });

  it('is erased while they log in without either waiting for the other in a circle', async () => {
    const { id } = await enter();
    let erased: Promise<unknown> | undefined;
    const isFree = await under.database.transaction(async (tx) => {
      // as a login does that has found the password right
      await tx.query({ name: 'hold-password', text: 'select from credentials where user_id = $1 for share', values: [id] });
      erased = administrator.erasePerson({ userId: id });
      await until(async () => (await under.database.query({ name: 'find-waiting', text: `select from pg_locks where not granted` })).length > 0);
      const [row] = await tx.query<{ is_free: boolean }>({
        name: 'try-hold-person',
        text: 'select pg_try_advisory_xact_lock_shared(hashtextextended($1, 8)) as is_free',
        values: [id],
      });
      return row!.is_free;
    });
    expect([isFree, await erased]).toEqual([true, {}]);
    expect(await textOf(id)).toEqual([expect.stringContaining('purged')]);
  });

  it('is erased while they refresh without either waiting for the other in a circle', async () => {
    const { id } = await enter();
    let erased: Promise<unknown> | undefined;
    const isFree = await under.database.transaction(async (tx) => {
      // as a refresh does, which goes on to the session
      await tx.query({
        name: 'hold-token',
        text: 'select from refresh_tokens join sessions on sessions.id = session_id where user_id = $1 for update of refresh_tokens',
        values: [id],
      });
      erased = administrator.erasePerson({ userId: id });
      await until(async () => (await under.database.query({ name: 'find-waiting', text: `select from pg_locks where not granted` })).length > 0);
      const free = await tx.query({ name: 'try-hold-session', text: 'select from sessions where user_id = $1 for update skip locked', values: [id] });
      return free.length === 1;
    });
    expect([isFree, await erased]).toEqual([true, {}]);
    expect(await textOf(id)).toEqual([expect.stringContaining('purged')]);
  });

  it('is erased to the end by the change feed, when the call is cut off between the services', async () => {
    const { id, personal } = await enter();
    under.users.change(id, 'USER_CHANGE_KIND_PURGED');
    await until(async () => (await textOf(id)).every((line) => line.includes('purged')));
    const dump = await under.dump();
    for (const text of personal) expect(dump).not.toContain(text);
  });

  it('is erased to the end by the next call, when the feed tells nothing', async () => {
    const { id, personal } = await enter();
    under.users.gates.isFeedSilent = true;
    under.users.change(id, 'USER_CHANGE_KIND_PURGED', {}, true);
    expect(await administrator.erasePerson({ userId: id })).toEqual({});
    const dump = await under.dump();
    for (const text of personal) expect(dump).not.toContain(text);
  });

  it('is not in what PostgreSQL has noted of columns any more, once that is old', async () => {
    const other = await startAuth({ beside: under, overrides: { maxSampleAgeMs: 20 } });
    const { id, personal } = await enter();
    await enter();
    const run = (name: string, text: string) => under.database.query({ name, text });
    const noted = async () =>
      JSON.stringify(await run('read-notes', `select tablename, histogram_bounds::text, most_common_vals::text from pg_stats where schemaname = 'public'`));
    await run('take-notes', 'analyze');
    expect(await noted()).toContain(personal.at(-1));
    await administrator.erasePerson({ userId: id });
    // what an idle connection has changed PostgreSQL counts later, and that of one that ends at once
    const ending = createDatabase({ url: under.settings.AUTH_DATABASE_URL!, applicationName: 'test', poolSize: 1 });
    await ending.query({ name: 'change-sessions', text: 'update sessions set user_agent = user_agent' });
    await ending.close();
    await until(async () => {
      const text = await noted();
      return !personal.some((each) => text.includes(each));
    });
    await other.close();
  });

  it('is not in what PostgreSQL has noted of sign-ups, which it keeps where none is left', async () => {
    const run = (name: string, text: string) => under.database.query({ name, text });
    await run(
      'insert-sign-ups',
      `insert into pending_sign_ups (user_id, email, display_name, password_hash, attempt_id)
       select gen_random_uuid(), 'noted-' || n || '@example.com', 'Noted ' || n, 'hash-' || n, gen_random_uuid() from generate_series(1, 5) n`,
    );
    await run('note-sign-ups', 'analyze pending_sign_ups');
    await run('delete-sign-ups', 'delete from pending_sign_ups');
    const noted = JSON.stringify(
      await run('read-noted-sign-ups', `select histogram_bounds::text, most_common_vals::text from pg_stats where tablename like 'pending_sign_ups%'`),
    );
    expect(noted).not.toMatch(/noted|Noted|hash/);
  });
});
