import { unavailable } from '@gatehouse/contracts/api';
import { type ImportAccountsResult, type ImportAccountsRow, HashOutcome } from '@gatehouse/contracts/auth';
import { ImportOutcome, OnExisting, type ImportOptions, type ImportProgress } from '@gatehouse/contracts/user';
import { hash as bcrypt } from '@node-rs/bcrypt';
import { hash as argon2 } from '@node-rs/argon2';
import { createHash, pbkdf2Sync, randomUUID, scryptSync } from 'node:crypto';
import type { Queryable } from '@gatehouse/postgres';
import { setTimeout as pause } from 'node:timers/promises';
import { applyPurge } from '../src/user-feed/apply-user-changes';
import { type AuthUnderTest, startAuth, until, verdictOf } from './auth-under-test';

const password = 'weak';
const adminId = randomUUID();
let under: AuthUnderTest;
let client: ReturnType<AuthUnderTest['accounts']>;
beforeAll(async () => {
  under = await startAuth();
  client = await asImporter();
});
afterAll(() => under.close());
afterEach(() => {
  under.users.imports.gates.afterRows = undefined;
  under.users.imports.gates.progressBefore = undefined;
});

const asImporter = async (permissions = ['accounts.import', 'users.import']) => under.accounts(await under.issuer.accessToken({ id: adminId, permissions }));

let count = 0;
const newEmail = () => `person${count++}@example.com`;
type Row = { email: string; passwordHash?: string };
type Requests = Parameters<typeof client.importAccounts>[0];

/** Sends rows, numbered on from `from`, and gives what came of them. */
async function importRows(rows: readonly Row[], options: Partial<ImportOptions> = {}, { from = 1, size = 500, as = client } = {}) {
  const requests = async function* (): Requests extends AsyncIterable<infer R> ? AsyncGenerator<R> : never {
    yield { options: { importId: randomUUID(), ...options } };
    for (let start = 0; start < rows.length; start += size)
      yield {
        rows: rows
          .slice(start, start + size)
          .map(({ email, passwordHash }, index) => ({ number: BigInt(from + start + index), user: { email }, passwordHash })),
      };
  };
  const results: ImportAccountsResult[] = [];
  const progress: ImportProgress[] = [];
  for await (const response of as.importAccounts(requests())) {
    results.push(...response.results);
    if (response.progress) progress.push(response.progress);
  }
  return { results, begin: progress[0]!, end: progress.at(-1)!, progress };
}
const toWord = (name = '') => name.replace(/^(IMPORT|HASH)_OUTCOME_/, '').toLowerCase();
const outcomesOf = ({ results }: { results: readonly ImportAccountsResult[] }) =>
  results.map(({ outcome, hashOutcome, reason }) => [toWord(ImportOutcome[outcome]), reason || toWord(HashOutcome[hashOutcome])].join(' '));
const login = (email: string, given = password) => verdictOf(under.auth.login({ email, password: given }));
const hashOf = async (email: string) => {
  const values = [under.users.findByEmail(email)!.id];
  const rows = await under.database.query<{ password_hash: string }>({
    name: 'read-hash',
    text: 'select password_hash from credentials where user_id = $1',
    values,
  });
  return rows.map((row) => row.password_hash);
};

const ssha = (text = password) => `{SSHA}${Buffer.concat([createHash('sha1').update(`${text}salty`).digest(), Buffer.from('salty')]).toString('base64')}`;
/** A hash of each family, of the password. */
const makers: Readonly<Record<string, (text: string) => string | Promise<string>>> = {
  bcrypt: (text) => bcrypt(text, 4),
  argon2: (text) => argon2(text, { memoryCost: 64, timeCost: 1, parallelism: 1 }),
  scrypt: (text) => `$scrypt$ln=4,r=8,p=1$${btoa('salty')}$${scryptSync(text, 'salty', 32, { N: 16, r: 8, p: 1 }).toString('base64')}`,
  pbkdf2: (text) => `pbkdf2_sha256$1000$salty$${pbkdf2Sync(text, 'salty', 1_000, 32, 'sha256').toString('base64')}`,
  'salted SHA': ssha,
};

describe('an account that is imported', () => {
  it.each(Object.keys(makers))('logs in by its password of before (%s), which is ours from then on, weak as it may be', async (family) => {
    const email = newEmail();
    expect(outcomesOf(await importRows([{ email, passwordHash: await makers[family]!(password) }]))).toEqual(['created set']);
    expect([await login(email, 'wrong'), (await hashOf(email))[0]]).toEqual(['UNAUTHENTICATED INVALID_CREDENTIALS', expect.stringMatching(/^imported:/)]);
    expect([await login(email), (await hashOf(email))[0]]).toEqual(['OK', expect.stringMatching(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)]);
    expect([await login(email), await login(email, 'wrong')]).toEqual(['OK', 'UNAUTHENTICATED INVALID_CREDENTIALS']);
  });

  it('without a hash has no password, and gets one by a later import', async () => {
    const email = newEmail();
    expect(outcomesOf(await importRows([{ email }]))).toEqual(['created unspecified']);
    expect([await login(email), await hashOf(email)]).toEqual(['UNAUTHENTICATED INVALID_CREDENTIALS', []]);
    expect(outcomesOf(await importRows([{ email, passwordHash: ssha() }]))).toEqual(['updated set']);
    expect(await login(email)).toBe('OK');
  });

  it('keeps the password that it has, and that of a sign-up that is not at its end', async () => {
    const [email, pending] = [newEmail(), newEmail()];
    await under.auth.signUp({ email, password: 'their own choice' });
    const { id } = under.users.add(pending);
    await under.database.query({
      name: 'begin-sign-up-before',
      text: `insert into pending_sign_ups (user_id, email, display_name, password_hash, attempt_id) values ($1, $2, '', 'x', $1)`,
      values: [id, pending],
    });
    expect(outcomesOf(await importRows([email, pending].map((each) => ({ email: each, passwordHash: ssha() }))))).toEqual(['updated kept', 'updated kept']);
    expect([await login(email), await login(email, 'their own choice'), await hashOf(pending)]).toEqual(['UNAUTHENTICATED INVALID_CREDENTIALS', 'OK', []]);
  });

  it('that is there already gets no password where such rows are skipped or fail', async () => {
    const rows = [{ email: newEmail(), passwordHash: ssha() }];
    under.users.add(rows[0]!.email);
    expect(outcomesOf(await importRows(rows, { onExisting: OnExisting.ON_EXISTING_SKIP }))).toEqual(['skipped kept']);
    expect(outcomesOf(await importRows(rows, { onExisting: OnExisting.ON_EXISTING_FAIL }))).toEqual(['failed EMAIL_TAKEN']);
    expect(await hashOf(rows[0]!.email)).toEqual([]);
  });

  it('gets no password where its person is erased before that is set, or is being erased', async () => {
    const [gone, going] = [newEmail(), newEmail()];
    const purge = (tx: Queryable, email: string) => applyPurge(tx, under.users.findByEmail(email)!.id);
    under.users.imports.gates.afterRows = () => under.database.transaction((tx) => purge(tx, gone));
    expect(outcomesOf(await importRows([{ email: gone, passwordHash: ssha() }]))).toEqual(['created kept']);
    let done: ReturnType<typeof importRows> | undefined;
    let isDone = false;
    const [arrived, purging] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    under.users.imports.gates.afterRows = async () => {
      arrived.resolve();
      await purging.promise;
    };
    const imported = (done = importRows([{ email: going, passwordHash: ssha() }])).then(() => (isDone = true));
    await arrived.promise;
    await under.database.transaction(async (tx) => {
      await purge(tx, going);
      purging.resolve();
      await pause(300);
      expect(isDone).toBe(false);
    });
    await imported;
    expect([outcomesOf(await done), await hashOf(gone), await hashOf(going)]).toEqual([['created kept'], [], []]);
  });

  it('fails alone where its hash is of no known form or costs too much, and nobody is created of it', async () => {
    const [fine, unknown, costly] = [newEmail(), newEmail(), newEmail()];
    const cost99 = '$2b$31$m0CrhHm10qJ3lXRY.5zDGO3rS2KdeeWLuGmsfGlMfOxih58VYVfxe';
    const done = await importRows([
      { email: unknown, passwordHash: 'plain text' },
      { email: fine, passwordHash: ssha() },
      { email: costly, passwordHash: cost99 },
    ]);
    expect(outcomesOf(done)).toEqual(['failed PASSWORD_HASH_UNSUPPORTED', 'created set', 'failed PASSWORD_HASH_TOO_COSTLY']);
    expect(done.results[2]!.violations).toEqual([
      { field: 'passwordHash', description: 'has a bcrypt cost of 31: the most is 14', reason: 'password_hash.too_costly' },
    ]);
    expect([unknown, fine, costly].map((email) => under.users.findByEmail(email) !== undefined)).toEqual([false, true, false]);
    expect(done.end).toMatchObject({ lastNumber: 3n, created: 1n, failed: 2n });
    expect(JSON.stringify(under.users.imports.taken, (_, value) => (typeof value === 'bigint' ? Number(value) : value))).not.toContain('SSHA');
  });

  it('is there a thousand times, and no progress is lost on the way', async () => {
    const hashes = await Promise.all(Object.values(makers).map((make) => make(password)));
    const rows = Array.from({ length: 1_000 }, (_, index) => ({ email: newEmail(), passwordHash: hashes[index % hashes.length] }));
    under.users.imports.gates.progressBefore = 2;
    const done = await importRows(rows, {}, { size: 100 });
    expect(new Set(outcomesOf(done))).toEqual(new Set(['created set']));
    expect([done.results.map(({ number }) => Number(number)), Number(done.end.created)]).toEqual([rows.map((_, index) => index + 1), 1_000]);
    expect(done.progress.map(({ lastNumber }) => Number(lastNumber))).toEqual([
      0,
      ...rows.filter((_, index) => index % 100 === 0).flatMap((_, index) => [index * 100, index * 100]),
      1_000,
    ]);
    for (const index of [0, 1, 2, 3, 4, 999]) expect(await login(rows[index]!.email)).toBe('OK');
  });
});

describe('an import of accounts', () => {
  it('that was cut off between person and password is taken up with both, and its rows are counted once', async () => {
    const rows = [newEmail(), newEmail(), newEmail()].map((email) => ({ email, passwordHash: ssha() }));
    for (const onExisting of [OnExisting.ON_EXISTING_UPDATE, OnExisting.ON_EXISTING_SKIP, OnExisting.ON_EXISTING_FAIL]) {
      const options = { importId: randomUUID(), onExisting };
      const own = rows.map((row) => ({ ...row, email: newEmail() }));
      expect((await importRows(own.slice(0, 1), options)).end).toMatchObject({ lastNumber: 1n, created: 1n });
      const reached = Promise.withResolvers<void>();
      under.users.imports.gates.afterRows = () => {
        reached.resolve();
        return Promise.reject(unavailable());
      };
      await expect(importRows(own.slice(1), options, { from: 2 })).rejects.toMatchObject({ code: 'UNAVAILABLE' });
      await reached.promise;
      under.users.imports.gates.afterRows = undefined;
      expect([under.users.findByEmail(own[2]!.email) !== undefined, await hashOf(own[2]!.email)]).toEqual([true, []]);
      const again = await importRows(own.slice(1), options, { from: 2 });
      expect([again.begin.lastNumber, outcomesOf(again), again.end.lastNumber]).toEqual([1n, ['unchanged set', 'unchanged set'], 3n]);
      for (const { email } of own) expect((await hashOf(email)).length).toBe(1);
      expect((await importRows(own, options)).end).toMatchObject({ lastNumber: 3n, created: 1n, unchanged: 2n });
    }
  });

  it('that another call has gone on with in between sets no password any more', async () => {
    const importId = randomUUID();
    const email = newEmail();
    under.users.imports.gates.afterRows = async () => {
      await under.database.query({ name: 'go-on-elsewhere', text: 'update account_imports set last_number = 7 where import_id = $1', values: [importId] });
    };
    await expect(importRows([{ email, passwordHash: ssha() }], { importId })).rejects.toMatchObject({ reason: 'IMPORT_IN_PROGRESS', domain: 'auth.gatehouse' });
    expect(await hashOf(email)).toEqual([]);
  });

  it('is sent by one call at a time, and with the options that it began with', async () => {
    const importId = randomUUID();
    let second = '';
    under.users.imports.gates.afterRows = async () => void (second = await verdictOf(importRows([], { importId })));
    await importRows([{ email: newEmail() }], { importId });
    expect(second).toBe('ABORTED IMPORT_IN_PROGRESS');
    expect(await verdictOf(importRows([], { importId, matchProvider: 'okta' }))).toBe('FAILED_PRECONDITION IMPORT_OPTIONS_CHANGED');
  });

  it('that is a dry run says what would come of each row, and changes nothing here', async () => {
    const [email, there] = [newEmail(), newEmail()];
    await importRows([{ email: there, passwordHash: ssha() }]);
    const before = await under.dump();
    const done = await importRows(
      [
        { email, passwordHash: ssha() },
        { email: there, passwordHash: ssha() },
        { email, passwordHash: 'x' },
      ],
      { dryRun: true },
    );
    expect(outcomesOf(done)).toEqual(['created set', 'updated kept', 'failed PASSWORD_HASH_UNSUPPORTED']);
    expect([done.end.lastNumber, await under.dump()]).toEqual([3n, before]);
  });

  it('takes the permission for both, people and passwords', async () => {
    const tell = async (...permissions: string[]) => verdictOf(importRows([], {}, { as: await asImporter(permissions) }));
    expect(await tell('users.import')).toBe('PERMISSION_DENIED PERMISSION_DENIED');
    expect(await tell('accounts.import')).toBe('PERMISSION_DENIED PERMISSION_DENIED');
    expect(await tell('accounts.import', 'users.import')).toBe('OK');
  });

  it('is refused where its requests are not in order', async () => {
    const refusal = async (...requests: { options?: Partial<ImportOptions>; rows?: Partial<ImportAccountsRow>[] }[]) => {
      const all = async function* () {
        yield* requests;
      };
      const drain = async () => {
        for await (const _ of client.importAccounts(all() as Requests));
      };
      const error: { violations: { field: string }[] } = await drain().then(
        () => ({ violations: [{ field: 'none' }] }),
        (thrown) => thrown,
      );
      return error.violations[0]!.field;
    };
    const options = () => ({ importId: randomUUID() });
    const row = (number: bigint) => ({ number, user: undefined, passwordHash: '' });
    expect(await refusal()).toBe('options');
    expect(await refusal({ rows: [row(1n)] })).toBe('options');
    expect(await refusal({ options: options(), rows: [row(1n)] })).toBe('rows');
    expect(await refusal({ options: options() }, { options: options() })).toBe('options');
    expect(await refusal({ options: options() }, {})).toBe('rows');
    expect(await refusal({ options: options() }, { rows: [row(2n), row(2n)] })).toBe('rows[1].number');
    expect(await refusal({ options: options() }, { rows: [row(0n)] })).toBe('rows[0].number');
    expect(await refusal({ options: { importId: '7' } })).toBe('options.importId');
  });

  it('ends with UNAVAILABLE while user is away, and is forgotten after 30 days', async () => {
    const importId = randomUUID();
    await importRows([{ email: newEmail() }], { importId });
    await under.users.stop();
    expect(await verdictOf(importRows([], { importId }))).toMatch(/^UNAVAILABLE/);
    await under.users.restart();
    await until(async () => (await verdictOf(importRows([], { importId }))) === 'OK');
    await under.database.query({
      name: 'age',
      text: `update account_imports set update_time = now() - interval '31 days' where import_id = $1`,
      values: [importId],
    });
    await under.app.sweeper.sweepSessions();
    expect((await importRows([], { importId })).begin.lastNumber).toBe(0n);
  });
});
