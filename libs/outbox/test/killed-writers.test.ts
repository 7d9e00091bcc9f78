import { buildSync } from 'esbuild';
import { type ChildProcess, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { createFeed } from '../src';
import { openOutbox, toText } from './open-outbox';

const root = join(__dirname, '../../..');
const kills = 20;
let folder: string;
const running: ChildProcess[] = [];
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'gatehouse-outbox-'))));
afterAll(() => {
  for (const child of running) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

it(`what is read while writers are killed ${kills} times is what was committed, in its order, each event once`, async () => {
  const { url, database, outbox, close } = await openOutbox();
  await database.query({ name: 'create-ledger', text: 'create table ledger (value text primary key)' });
  const program = join(folder, 'writer.cjs');
  buildSync({
    entryPoints: [join(__dirname, 'process/writer.ts')],
    outfile: program,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    external: ['pg-native'],
    loader: { '.sql': 'text' },
    absWorkingDir: root,
  });
  const start = () => running.push(spawn(process.execPath, [program], { env: { WRITER_URL: url }, stdio: ['ignore', 'ignore', 'inherit'] }));
  const kill = async (index: number) => {
    const [child] = running.splice(index, 1) as [ChildProcess];
    child.kill('SIGKILL');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  };

  const seen: string[] = [];
  const end = new AbortController();
  let isEnding = false;
  // begins anew by the last cursor now and then, as one that is killed itself
  const follow = async () => {
    for (let cursor = await outbox.currentCursor(database); ;) {
      const leave = new AbortController();
      const feed = createFeed({ database, outbox, pollMs: 10, heartbeatMs: 200, batchSize: 7 });
      for await (const batch of feed.follow(cursor, AbortSignal.any([end.signal, leave.signal]))) {
        seen.push(...batch.events.map(toText));
        cursor = batch.cursor;
        if (isEnding && batch.events.length === 0) return;
        if (randomInt(50) === 0) leave.abort();
      }
    }
  };
  const followed = Promise.all([follow()]);
  for (let writers = 0; writers < 4; writers++) start();
  const countNoted = async () =>
    (await database.query<{ count: number }>({ name: 'count-ledger', text: 'select count(*)::int as count from ledger' }))[0]!.count;
  for (let count = 0; count < kills; count++) {
    // not before it has written
    for (const before = await countNoted(); (await countNoted()) < before + 50;) await pause(10);
    await kill(randomInt(running.length));
    start();
  }
  while (running.length > 0) await kill(0);
  // their sessions end, and what they had not committed is rolled back
  const sessions = { name: 'count-writers', text: "select from pg_stat_activity where application_name = 'writer' and datname = current_database()" };
  while ((await database.query(sessions)).length > 0) await pause(10);
  isEnding = true;
  await followed;
  const toValues = (rows: { value: string }[]) => rows.map(({ value }) => value);
  const kept = await database.query<{ value: string }>({
    name: 'all-events',
    text: "select convert_from(payload, 'UTF8') as value from outbox_events order by xid, id",
  });
  const noted = await database.query<{ value: string }>({ name: 'all-noted', text: 'select value from ledger order by value' });
  expect(seen).toEqual(toValues(kept));
  expect([...seen].sort()).toEqual(toValues(noted));
  expect(seen.length).toBeGreaterThan(kills * 50);
  await close();
}, 120_000);
