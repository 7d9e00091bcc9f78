import { OnExisting, UserStatus } from '@gatehouse/contracts/user';
import { randomUUID } from 'node:crypto';
import { createDatabase } from '@gatehouse/postgres';
import { Client } from 'pg';
import { sweepImports } from '../src/postgres/import-repository';
import { asImporter, type BulkClient, countsOf, importRows, outcomesOf, type Row, runImport, toRequests } from './bulk-under-test';
import { adminId, startUser, type UserUnderTest, verdictOf } from './user-under-test';

let user: UserUnderTest;
let database: Client;
let client: BulkClient;
beforeAll(async () => {
  user = await startUser();
  database = new Client({ connectionString: user.databaseUrl });
  await database.connect();
  client = await asImporter(user);
});
afterAll(async () => {
  await database.end();
  await user.close();
});

let count = 0;
const newName = () => `p${count++}`;
const toEmail = (name: string) => `${name}@example.com`;
const findByEmail = async (email: string) => (await (await user.asService()).resolvePerson({ person: { $case: 'email', value: email } })).user!;
const okta = (id: string) => [{ provider: 'okta', id }];

describe('a row of somebody new', () => {
  it('creates them as it says, in canonical form', async () => {
    const name = newName();
    const row: Row = {
      email: `${name}@EXAMPLE.com`,
      emailVerified: true,
      phone: '+4930123456',
      username: name,
      displayName: 'Ada  Lovelace',
      givenName: 'Ade\u0301',
      familyName: 'Lovelace',
      locale: 'en-GB',
      timeZone: 'Europe/London',
      pictureUrl: 'https://example.com/ada.png',
      publicMetadata: { plan: 'pro' },
      privateMetadata: { note: ['x', { deep: true }] },
      ownMetadata: { theme: null },
      externalIds: [
        { provider: 'okta', id: `o ${name}` },
        { provider: 'entra', id: `e-${name}` },
      ],
      status: UserStatus.USER_STATUS_SUSPENDED,
      // what only the service sets
      id: randomUUID(),
      roleIds: ['admin'],
      createTime: new Date(0),
    };
    const done = await importRows(client, [row]);
    expect(outcomesOf(done)).toEqual(['created']);
    expect([countsOf(done.begin), countsOf(done.end)]).toEqual([{ lastNumber: 0 }, { lastNumber: 1, created: 1 }]);
    const created = await client.getUser({ id: done.results[0]!.userId });
    const { id: _id, roleIds: _roleIds, createTime: _createTime, ...said } = row;
    expect(created).toMatchObject({
      ...said,
      email: toEmail(name),
      displayName: 'Ada Lovelace',
      givenName: 'Ad\u00e9',
      externalIds: [...said.externalIds!].reverse(),
      roleIds: ['member'],
      etag: '"1"',
    });
  });

  it('needs an email, also where people are found by an external id', async () => {
    const done = await importRows(client, [{ externalIds: okta(newName()) }], { matchProvider: 'okta' });
    expect(outcomesOf(done)).toEqual(['failed VALIDATION_FAILED email:required']);
  });
});

describe('a row of somebody who is there', () => {
  it('changes what it has, and leaves the rest and who is so already as they are', async () => {
    const [ada, bob] = [newName(), newName()];
    await importRows(client, [
      { email: toEmail(ada), givenName: 'Ada', familyName: 'Byron', externalIds: okta(ada) },
      { email: toEmail(bob), givenName: 'Bob' },
    ]);
    const done = await importRows(client, [
      { email: toEmail(ada).toUpperCase(), familyName: 'Lovelace' },
      { email: toEmail(bob), givenName: 'Bob' },
    ]);
    expect(outcomesOf(done)).toEqual(['updated', 'unchanged']);
    expect(await findByEmail(toEmail(ada))).toMatchObject({ givenName: 'Ada', familyName: 'Lovelace', externalIds: okta(ada), etag: '"2"' });
    expect(await findByEmail(toEmail(bob))).toMatchObject({ givenName: 'Bob', etag: '"1"' });
  });

  it('finds them by the external id of a provider, and may change their email then', async () => {
    const name = newName();
    await importRows(client, [{ email: toEmail(name), emailVerified: true, externalIds: okta(name) }], { matchProvider: 'okta' });
    const moved = `new-${toEmail(name)}`;
    const done = await importRows(client, [{ email: moved, externalIds: okta(name) }], { matchProvider: 'okta' });
    expect(outcomesOf(done)).toEqual(['updated']);
    expect(await findByEmail(moved)).toMatchObject({ emailVerified: false, externalIds: okta(name) });
  });

  it('is skipped or fails where that is asked for', async () => {
    const name = newName();
    const rows = [{ email: toEmail(name), displayName: 'Other', externalIds: okta(name) }];
    await importRows(client, [{ ...rows[0], displayName: 'Ada' }]);
    expect(outcomesOf(await importRows(client, rows, { onExisting: OnExisting.ON_EXISTING_SKIP }))).toEqual(['skipped']);
    expect(outcomesOf(await importRows(client, rows, { onExisting: OnExisting.ON_EXISTING_FAIL }))).toEqual(['failed EMAIL_TAKEN']);
    expect(outcomesOf(await importRows(client, rows, { onExisting: OnExisting.ON_EXISTING_FAIL, matchProvider: 'okta' }))).toEqual([
      'failed EXTERNAL_ID_TAKEN',
    ]);
    expect(await findByEmail(toEmail(name))).toMatchObject({ displayName: 'Ada', etag: '"1"' });
  });

  it('is the row itself where it was sent before, unless they have more power by now than who sends it', async () => {
    for (const onExisting of [OnExisting.ON_EXISTING_SKIP, OnExisting.ON_EXISTING_FAIL]) {
      const options = { importId: randomUUID(), onExisting };
      const [there, created] = [toEmail(newName()), toEmail(newName())];
      await importRows(client, [{ email: there }]);
      const weak = await asImporter(user, ['users.import'], randomUUID());
      const send = async () => outcomesOf(await importRows(weak, [{ email: there }, { email: created }], options));
      const ofThere = onExisting === OnExisting.ON_EXISTING_SKIP ? 'skipped' : 'failed EMAIL_TAKEN';
      expect([await send(), await send()]).toEqual([
        [ofThere, 'created'],
        [ofThere, 'unchanged'],
      ]);
      await database.query(`update users set roles = '{admin,member}' where email = $1`, [created]);
      expect(await send()).toEqual([ofThere, 'failed PERMISSION_NOT_HELD']);
    }
  });

  it('suspends and reinstates them', async () => {
    const email = toEmail(newName());
    for (const status of [UserStatus.USER_STATUS_ACTIVE, UserStatus.USER_STATUS_SUSPENDED, UserStatus.USER_STATUS_ACTIVE]) {
      await importRows(client, [{ email, status }]);
      expect((await findByEmail(email)).status).toBe(status);
    }
  });

  it('fails where they are deleted', async () => {
    const { id, email } = await client.createUser({ email: toEmail(newName()) });
    await client.deleteUser({ id });
    expect(outcomesOf(await importRows(client, [{ email, displayName: 'x' }]))).toEqual(['failed USER_DELETED']);
  });

  it('takes the permissions that they have, which somebody with fewer cannot get by their email', async () => {
    const { id, email } = await client.createUser({ email: toEmail(newName()) });
    await database.query(`update users set roles = '{admin,member}' where id = $1`, [id]);
    const rows = [{ email, externalIds: okta(id) }];
    const weak = await asImporter(user, ['users.import']);
    expect(outcomesOf(await importRows(weak, rows))).toEqual(['failed PERMISSION_NOT_HELD']);
    const strong = await asImporter(user, ['users.import', 'roles.escalate']);
    expect(outcomesOf(await importRows(strong, rows))).toEqual(['updated']);
    const moved = [{ email: toEmail(newName()), externalIds: okta(id) }];
    expect(outcomesOf(await importRows(weak, moved, { matchProvider: 'okta' }))).toEqual(['failed PERMISSION_NOT_HELD']);
  });

  it('does not suspend the last administrator, nor all of them in one go', async () => {
    await database.query(`update users set roles = '{member}' where 'admin' = any (roles)`);
    const people = await Promise.all([0, 1].map(() => client.createUser({ email: toEmail(newName()) })));
    await database.query(`update users set roles = '{admin}' where id = any ($1)`, [people.map(({ id }) => id)]);
    const strong = await asImporter(user, ['users.import', 'roles.escalate']);
    const rows = people.map(({ email }) => ({ email, status: UserStatus.USER_STATUS_SUSPENDED }));
    expect(outcomesOf(await importRows(strong, rows))).toEqual(['updated', 'failed LAST_ADMINISTRATOR']);
  });
});

describe('a row that cannot be done fails alone', () => {
  it('where somebody else has what names its person', async () => {
    const [taken, ...names] = [newName(), newName(), newName(), newName(), newName()];
    await importRows(client, [{ email: toEmail(taken), username: taken, externalIds: okta(taken) }]);
    const done = await importRows(
      client,
      [
        { email: toEmail(taken), externalIds: okta(names[0]!) },
        { email: toEmail(names[1]!), username: taken.toUpperCase(), externalIds: okta(names[1]!) },
        { email: toEmail(names[2]!), externalIds: [{ provider: 'entra', id: names[2]! }, ...okta(names[2]!)] },
        { email: toEmail(names[3]!), externalIds: [{ provider: 'entra', id: names[2]! }, ...okta(names[3]!)] },
        { email: toEmail(names[2]!).toUpperCase().replace('EXAMPLE.COM', 'example.com'), externalIds: okta('x') },
      ],
      { matchProvider: 'okta' },
    );
    expect(outcomesOf(done)).toEqual(['failed EMAIL_TAKEN', 'failed USERNAME_TAKEN', 'created', 'failed EXTERNAL_ID_TAKEN', 'failed EMAIL_TAKEN']);
    expect(done.results.every(({ outcome, message, userId }) => (outcome === 5 ? message && !userId : !message && userId))).toBe(true);
  });

  it('and what a row before it gave up is free', async () => {
    const [ada, bob] = [newName(), newName()];
    const people = [ada, bob].map((name) => ({ email: toEmail(name), username: name, externalIds: okta(name) }));
    await importRows(client, people, { matchProvider: 'okta' });
    const moved = [
      { email: toEmail(newName()), username: newName(), externalIds: okta(ada) },
      { email: toEmail(ada), username: ada, externalIds: okta(bob) },
      { email: toEmail(bob), username: bob, externalIds: okta(newName()) },
    ];
    expect(outcomesOf(await importRows(client, moved, { matchProvider: 'okta' }))).toEqual(['updated', 'updated', 'created']);
    expect(await findByEmail(toEmail(ada))).toMatchObject({ username: ada, externalIds: okta(bob) });
    const swapped = [
      { email: toEmail(bob), externalIds: okta(bob) },
      { email: toEmail(ada), externalIds: moved[2]!.externalIds },
    ];
    expect(outcomesOf(await importRows(client, swapped, { matchProvider: 'okta' }))).toEqual(['failed EMAIL_TAKEN', 'failed EMAIL_TAKEN']);
  });

  const deep = Array.from({ length: 17 }).reduce<object>((inner) => ({ inner }), {});
  it.each<[string, Row | undefined, string]>([
    ['no user', undefined, ':required'],
    ['no email', { displayName: 'x' }, 'email:required'],
    ['a wrong email', { email: 'ada' }, 'email:string.email'],
    ['the character NUL', { displayName: 'a\0b' }, 'displayName:string.nul'],
    ['NUL in metadata', { publicMetadata: { a: ['\0'] } }, 'publicMetadata["a"][0]:string.nul'],
    ['a character nobody sees', { givenName: 'a\u0007' }, 'givenName:name.control'],
    ['21 external ids', { externalIds: Array.from({ length: 21 }, (_, id) => ({ provider: `p${id}`, id: 'x' })) }, 'externalIds:repeated.max_items'],
    ['two ids of a provider', { externalIds: [...okta('1'), ...okta('2')] }, 'externalIds:external_ids.unique'],
    ['a long name', { familyName: 'x'.repeat(101) }, 'familyName:string.max_len'],
    ['a time zone that is none', { timeZone: 'Europe/Atlantis' }, 'timeZone:time_zone'],
    ['a locale that is none', { locale: 'en-a' }, 'locale:locale'],
    ['metadata of 900 kB', { ownMetadata: { a: 'x'.repeat(900_000) } }, 'ownMetadata:metadata.size'],
    ['metadata nested too deep', { ownMetadata: { deep } }, 'ownMetadata:metadata.levels'],
    ['a status that is not its to give', { status: UserStatus.USER_STATUS_DELETED }, 'status:enum.in'],
    ['a status that there is not', { status: 9 as UserStatus }, 'status:enum.in'],
  ])('with %s', async (_fault, row, violation) => {
    const names = [newName(), newName(), newName()] as const;
    const rows = [
      { email: toEmail(names[0]) },
      row && { ...(violation === 'email:required' ? {} : { email: toEmail(names[1]) }), ...row },
      { email: toEmail(names[2]) },
    ];
    const done = await importRows(client, rows as Row[]);
    expect(outcomesOf(done)).toEqual(['created', `failed VALIDATION_FAILED ${violation}`, 'created']);
    expect(countsOf(done.end)).toEqual({ lastNumber: 3, created: 2, failed: 1 });
  });

  it('with a person of a row before it: of the same request, of another one, of another call', async () => {
    const name = newName();
    const row = { email: toEmail(name), displayName: 'first' };
    const again = { email: toEmail(name), displayName: 'second' };
    const importId = randomUUID();
    const done = await importRows(client, [{ email: 'wrong' }, row, again, { email: toEmail(newName()) }, again], { importId }, { size: 4 });
    expect(outcomesOf(done)).toEqual([
      'failed VALIDATION_FAILED email:string.email',
      'created',
      'failed VALIDATION_FAILED email:import.duplicate',
      'created',
      'failed VALIDATION_FAILED email:import.duplicate',
    ]);
    const later = await importRows(client, [again], { importId }, { from: 6 });
    expect(later.results[0]!.violations).toEqual([{ field: 'email', description: "is the same person's as that of row 2", reason: 'import.duplicate' }]);
    expect(await findByEmail(toEmail(name))).toMatchObject({ displayName: 'first', etag: '"1"' });
    // another import may
    expect(outcomesOf(await importRows(client, [again]))).toEqual(['updated']);
  });
});

describe('an import refuses', () => {
  const options = () => ({ options: { importId: randomUUID() } });
  const row = (number: number) => ({ number: BigInt(number), user: { email: toEmail(newName()) } });
  const send = (...requests: object[]) =>
    verdictOf(
      runImport(
        client,
        (async function* () {
          for (const request of requests) yield request as never;
        })(),
      ),
    );

  it.each<[string, () => object[], string]>([
    ['no request at all', () => [], 'options'],
    ['rows without options', () => [{ rows: [row(1)] }], 'options'],
    ['options with rows', () => [{ ...options(), rows: [row(1)] }], 'rows'],
    ['options twice', () => [options(), options()], 'options'],
    ['a request with nothing', () => [options(), {}], 'rows'],
    ['numbers that fall', () => [options(), { rows: [row(2), row(1)] }], 'rows[1].number'],
    ['a number twice', () => [options(), { rows: [row(1), row(1)] }], 'rows[1].number'],
    ['a number twice, in two requests', () => [options(), { rows: [row(7)] }, { rows: [row(7)] }], 'rows[0].number'],
    ['a number of 0', () => [options(), { rows: [row(0)] }], 'rows[0].number'],
    ['an id that is none', () => [{ options: { importId: '7' } }], 'options.importId'],
    ['more than 1000 rows', () => [options(), { rows: Array.from({ length: 1001 }, (_, index) => row(index + 1)) }], 'rows'],
  ])('%s', async (_breach, requests, field) => {
    expect(await send(...requests())).toBe(`INVALID_ARGUMENT VALIDATION_FAILED ${field}`);
  });

  it('a request that is larger than any may be', async () => {
    const large = { number: 1n, user: { email: toEmail(newName()), ownMetadata: { a: 'x'.repeat(1_100_000) } } };
    expect(await send(options(), { rows: [large] })).toBe('RESOURCE_EXHAUSTED OVERLOADED');
  });
});

describe('an import that was cut off', () => {
  it('is taken up after its last row, and a row that is sent again is answered and not counted again', async () => {
    const rows = Array.from({ length: 9 }, () => ({ email: toEmail(newName()) }));
    const importId = randomUUID();
    await importRows(client, [...rows.slice(0, 4), { email: 'wrong' }], { importId });
    const done = await importRows(client, [{ email: 'wrong' }, ...rows.slice(4)], { importId }, { from: 5, size: 2 });
    expect(countsOf(done.begin)).toEqual({ lastNumber: 5, created: 4, failed: 1 });
    expect(outcomesOf(done)).toEqual(['failed VALIDATION_FAILED email:string.email', ...Array(5).fill('created')]);
    expect(countsOf(done.end)).toEqual({ lastNumber: 10, created: 9, failed: 1 });
    const again = await importRows(client, rows.slice(0, 4), { importId });
    expect(outcomesOf(again)).toEqual(Array(4).fill('unchanged'));
    expect(countsOf(again.end)).toEqual(countsOf(done.end));
  });

  it('goes on with its options, by whom it was begun', async () => {
    const options = { importId: randomUUID(), matchProvider: 'okta', onExisting: OnExisting.ON_EXISTING_UPDATE };
    const run = (by: BulkClient, changed: object) => verdictOf(importRows(by, [], { ...options, ...changed }));
    expect(await run(client, {})).toBe('OK');
    expect(await run(client, { onExisting: OnExisting.ON_EXISTING_UNSPECIFIED, importId: options.importId.toUpperCase() })).toBe('OK');
    const changed = 'FAILED_PRECONDITION IMPORT_OPTIONS_CHANGED';
    expect(await run(client, { matchProvider: '' })).toBe(changed);
    expect(await run(client, { onExisting: OnExisting.ON_EXISTING_FAIL })).toBe(changed);
    expect(await run(await asImporter(user, ['users.import'], randomUUID()), {})).toBe(changed);
    expect(await run(await asImporter(user, ['users.import'], adminId), {})).toBe('OK');
  });

  it('is forgotten when nobody went on with it for 30 days', async () => {
    const [old, young] = [randomUUID(), randomUUID()];
    for (const importId of [old, young]) await importRows(client, [{ email: toEmail(newName()) }], { importId });
    await database.query(`update imports set update_time = now() - interval '31 days' where import_id = $1`, [old]);
    const own = createDatabase({ url: user.databaseUrl, applicationName: 'test' });
    await sweepImports(own, 30 * 86_400_000);
    await own.close();
    const { rows } = await database.query('select import_id from imports where import_id = any ($1)', [[old, young]]);
    expect(rows).toEqual([{ import_id: young }]);
  });
});

describe('a dry run', () => {
  it('says what would come of each row, changes nobody, and remembers nothing', async () => {
    const [ada, bob] = [newName(), newName()];
    const before = await client.createUser({ email: toEmail(ada), displayName: 'Ada' });
    const rows = [{ email: toEmail(ada), displayName: 'Countess' }, { email: toEmail(bob) }, { email: toEmail(bob) }, { email: 'wrong' }];
    const options = { importId: randomUUID(), dryRun: true };
    for (let time = 0; time < 2; time++) {
      const done = await importRows(client, rows, options);
      expect(outcomesOf(done)).toEqual([
        'updated',
        'created',
        'failed VALIDATION_FAILED email:import.duplicate',
        'failed VALIDATION_FAILED email:string.email',
      ]);
      expect(done.results.map(({ userId }) => userId)).toEqual([before.id, '', '', '']);
      expect([countsOf(done.begin), countsOf(done.end)]).toEqual([{ lastNumber: 0 }, { lastNumber: 4, created: 1, updated: 1, failed: 2 }]);
    }
    expect(await client.getUser({ id: before.id })).toEqual(before);
    expect(outcomesOf(await importRows(client, rows.slice(0, 2), { ...options, dryRun: false }))).toEqual(['updated', 'created']);
  });
});

it('who may not import is told so before anything else', async () => {
  expect(await verdictOf(importRows(await asImporter(user, ['users.create']), []))).toBe('PERMISSION_DENIED PERMISSION_DENIED');
  expect(await verdictOf(runImport(await user.asService(), toRequests([])))).toBe('PERMISSION_DENIED PERMISSION_DENIED');
});
