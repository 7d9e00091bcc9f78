import { execFileSync } from 'node:child_process';
import { appendFileSync, chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type PostgresServer, startPostgresServer } from '@gatehouse/postgres-server';
import { createDatabase, migrate } from '@gatehouse/postgres';
import { outboxMigrations } from '../src';
import { toText, useOutbox } from './open-outbox';

const expired = { reason: 'CURSOR_EXPIRED' };
let folder: string;
let before: string;
let read: string;
let lost: string;
const servers: PostgresServer[] = [];

const at = (name: string) => join(folder, name);
const copy = (from: string, to: string) => execFileSync('cp', ['-a', at(from), at(to)]);
async function start(name: string): Promise<PostgresServer> {
  const server = await startPostgresServer({ dataFolder: at(name), durable: false });
  servers.push(server);
  return server;
}
const stop = (server: PostgresServer) => (servers.splice(servers.indexOf(server), 1), server.stop());
async function withOutbox<T>(url: string, use: (outbox: ReturnType<typeof useOutbox>) => Promise<T>): Promise<T> {
  const database = createDatabase({ url, applicationName: 'outbox' });
  try {
    return await use(useOutbox(database));
  } finally {
    await database.close();
  }
}
/** A server on a copy that recovers as a standby does when it is promoted: what its primary wrote after the copy is not there. */
function startPromoted(name: string): Promise<PostgresServer> {
  copy('backup', name);
  writeFileSync(at(`${name}/cluster/recovery.signal`), '');
  appendFileSync(at(`${name}/cluster/postgresql.auto.conf`), "restore_command = 'false'\n");
  return start(name);
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-histories-'));
  chmodSync(folder, 0o711);
  let server = await start('primary');
  await server.createDatabase('outbox', { role: 'outbox', password: 'outbox' });
  const url = () => server.urlOf('outbox', { role: 'outbox', password: 'outbox' });
  await migrate({ url: url(), sets: [outboxMigrations] });
  await withOutbox(url(), async ({ database, outbox, append, readUntil }) => {
    before = await outbox.currentCursor(database);
    await database.transaction((tx) => append(tx, 'one', 'two'));
    read = (await readUntil(2)).events[0]!.cursor;
  });
  await stop(server);
  copy('primary', 'backup');
  server = await start('primary');
  await withOutbox(url(), async ({ database, append, readUntil }) => {
    expect((await readUntil(1, read)).events.map(toText)).toEqual(['two']);
    await database.transaction((tx) => append(tx, 'lost'));
    lost = (await readUntil(2, read)).cursor;
  });
  await stop(server);
});
afterAll(async () => {
  await Promise.all(servers.map((server) => server.stop()));
  rmSync(folder, { recursive: true, force: true });
});

const toUrl = (server: PostgresServer) => server.urlOf('outbox', { role: 'outbox', password: 'outbox' });

it('after a failover each follower begins anew, whether or not it had read what was lost', async () => {
  const server = await startPromoted('standby');
  await withOutbox(toUrl(server), async ({ database, outbox, append, readUntil }) => {
    for (const cursor of [before, read, lost]) await expect(outbox.read(database, cursor, 10)).rejects.toMatchObject(expired);
    const cursor = await outbox.currentCursor(database);
    await database.transaction((tx) => append(tx, 'after it'));
    expect((await readUntil(1, cursor)).events.map(toText)).toEqual(['after it']);
    expect((await readUntil(3)).events.map(toText)).toEqual(['one', 'two', 'after it']);
  });
});

it('a standby, which knows no end of the history, says that it cannot tell', async () => {
  copy('backup', 'waiting');
  writeFileSync(at('waiting/cluster/standby.signal'), '');
  const server = await start('waiting');
  await withOutbox(toUrl(server), async ({ database, outbox }) => {
    await expect(outbox.read(database, read, 10)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await expect(outbox.currentCursor(database)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });
});

it('after a machine was set back to a copy, a cursor of what came after the copy has expired, also once there is as much again', async () => {
  copy('backup', 'copy');
  const server = await start('copy');
  await withOutbox(toUrl(server), async ({ database, outbox, append, readUntil }) => {
    await expect(outbox.read(database, lost, 10)).rejects.toMatchObject(expired);
    for (let count = 0; count < 50; count++) await database.transaction((tx) => append(tx, 'again'));
    await readUntil(52);
    await expect(outbox.read(database, lost, 10)).rejects.toMatchObject(expired);
    expect((await readUntil(51, read)).events.map(toText).slice(0, 2)).toEqual(['two', 'again']);
  });
});

it('a crash of the server changes nothing for followers', async () => {
  copy('backup', 'crashing');
  const server = await start('crashing');
  const cursor = await withOutbox(toUrl(server), async ({ outbox, database, append, begin, readUntil }) => {
    // ids that the server gives anew after a crash: nothing of these transactions reaches the disk
    for (let count = 0; count < 100; count++) await (await begin()).end('rollback');
    const start = await outbox.currentCursor(database);
    await database.transaction((tx) => append(tx, 'kept'));
    await readUntil(1, start);
    for (let count = 0; count < 100; count++) await (await begin()).end('rollback');
    return outbox.currentCursor(database);
  });
  await server.restart('immediate');
  await withOutbox(toUrl(server), async ({ outbox, database, append, readUntil }) => {
    expect((await outbox.read(database, cursor, 10)).events).toEqual([]);
    await database.transaction((tx) => append(tx, 'next'));
    expect((await readUntil(1, cursor)).events.map(toText)).toEqual(['next']);
  });
});
