import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Fleet, openFleet, type Replica } from './support/fleet';
import { type Journeys, startJourneys } from './support/journeys';
import { until } from './support/service-process';
import { withClient } from './support/with-client';

const workspace = resolve(__dirname, '../../..');
const folders = {
  user: 'apps/user/src/postgres/migrations',
  auth: 'apps/auth/src/postgres/migrations',
  idempotency: 'libs/idempotency/src/migrations',
  outbox: 'libs/outbox/src/migrations',
} as const;
// in the order in which a service applies them
const sets = { user: ['idempotency', 'outbox', 'user'], auth: ['idempotency', 'outbox', 'auth'] } as const;
const clean = { code: 0, signal: null };
// which the last release has too
const services = ['user', 'auth', 'gateway'] as const;

let release: { version: string; folder: string };
let fleet: Fleet;
let journeys: Journeys;
/** This version's replicas, which begin beside the schema of the last release. */
let next: readonly Replica[];
const old = new Map<string, Replica>();

/** Migrations of this version that a database lacks. */
const missingIn = (service: 'user' | 'auth') =>
  withClient(fleet.databases[service], async (client) => {
    const { rows } = await client.query<{ path: string }>("select set_name || '/' || name as path from schema_migrations");
    const known = sets[service].flatMap((set) => readdirSync(join(workspace, folders[set])).map((file) => `${set}/${file.replace('.sql', '')}`));
    return known.filter((path) => !rows.some((row) => row.path === path));
  });
const isReady = async (replica: Replica) => (await replica.readyz()).status === 200;

beforeAll(async () => {
  release = JSON.parse(
    execFileSync(process.execPath, ['tools/release/bundles.mts'], { cwd: workspace, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }),
  );
  fleet = await openFleet();
  expect((await fleet.migrate(release.folder)).codes).toEqual([0, 0]);
  // whom the migrations have to go over
  await withClient(fleet.databases.user, (client) =>
    client.query(
      "insert into users (id, email, display_name) select gen_random_uuid(), n || '@directory.example', 'Person ' || n from generate_series(1, 10000) as n",
    ),
  );
  for (const service of services) {
    const replica = await fleet.start(service, release.folder);
    old.set(service, replica);
    await fleet.replace(replica);
  }
  for (const replica of old.values()) await until(`${replica.service} of ${release.version} is ready`, () => isReady(replica));
  journeys = await startJourneys(fleet.url, 4);
  await journeys.more(4);
}, 300_000);
afterAll(async () => {
  await journeys?.stop();
  await fleet?.close();
});
afterEach(() => expect(journeys.failures).toEqual([]));

it('this version beside the schema of the last release is not ready, says which migrations it lacks, and harms nobody', async () => {
  next = await Promise.all(services.map((service) => fleet.start(service)));
  for (const replica of next) {
    const missing = replica.service === 'gateway' ? [] : await missingIn(replica.service);
    if (missing.length) {
      await until(
        `${replica.service} says what it lacks`,
        () => replica.lines.some((line) => JSON.stringify(line).includes(`it lacks ${missing.join(', ')}: run the command \`migrate\``)),
        60_000,
      );
      await until(`${replica.service} lacks nothing else of its database`, async () => (await replica.readyz()).checks.database === 'ok');
      expect(await replica.readyz()).toMatchObject({ status: 503, checks: { migrations: 'failing' } });
    } else await until(`${replica.service} is ready`, () => isReady(replica));
  }
  await journeys.more(4);
});

it('the migrations run under load, the last release serves on upon the new schema, and this version becomes ready without a restart', async () => {
  expect(new Set((await fleet.migrate()).codes)).toEqual(new Set([0]));
  for (const service of ['user', 'auth'] as const) expect(await missingIn(service)).toEqual([]);
  for (const replica of next) await until(`${replica.service} is ready`, () => isReady(replica));
  // whose checks may be late under load
  for (const replica of old.values()) await until(`${replica.service} of ${release.version} is ready`, () => isReady(replica));
  await journeys.more(8);
});

it.each(services)('%s is replaced under load, beside those that are not yet or already', async (service) => {
  expect(await fleet.replace(next.find((replica) => replica.service === service)!)).toEqual(clean);
  await journeys.more(6);
});

it.each([...services].reverse())('%s is rolled back under load', async (service) => {
  const replica = await fleet.start(service, release.folder);
  await until(`${service} of ${release.version} is ready`, () => isReady(replica));
  expect(await fleet.replace(replica)).toEqual(clean);
  await journeys.more(6);
});
