import { appendFileSync, chownSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findBinaries } from './binaries';
import { toPasswordFile } from './cluster';
import { withClient } from './connection';
import { choosePlace } from './place';

/** What of a data directory is its server's own, or comes by the stream (PostgreSQL, 25.3.4). */
const left = /^(postmaster\.(pid|opts)|pg_internal\.init|backup_label|standby\.signal)$/;
const emptied = new Set(['pg_wal', 'pg_replslot', 'pg_dynshmem', 'pg_notify', 'pg_serial', 'pg_snapshots', 'pg_stat_tmp', 'pg_subtrans']);

/**
 * Copies the data of a running primary into a data folder, so that what starts there is its standby by streaming replication; a
 * base backup by hand, since npm brings no pg_basebackup.
 * @param primary folder and URL of the superuser
 * @param settings lines of postgresql.conf that the standby has beside
 */
export async function copyForStandby(primary: { readonly dataFolder: string; readonly url: string }, dataFolder: string, settings = ''): Promise<void> {
  const { cluster, account } = choosePlace(dataFolder, findBinaries());
  const { hostname, port, username, password } = new URL(primary.url);
  await withClient(primary.url, async (client) => {
    const { rows } = await client.query<{ data_directory: string }>('show data_directory');
    const source = rows[0]!.data_directory;
    await client.query("select pg_backup_start('standby', true)");
    copyChanging(source, cluster);
    const { rows: ends } = await client.query<{ labelfile: string }>('select labelfile from pg_backup_stop(false)');
    writeFileSync(join(cluster, 'backup_label'), ends[0]!.labelfile);
  });
  writeFileSync(join(cluster, 'standby.signal'), '');
  const source = `host=${hostname} port=${port} user=${username} password=${decodeURIComponent(password)}`;
  appendFileSync(join(cluster, 'postgresql.auto.conf'), `primary_conninfo = '${source}'\n${settings}\n`);
  if (account) chownAll(cluster, account.uid, account.gid);
  writeFileSync(toPasswordFile(dataFolder), readFileSync(toPasswordFile(primary.dataFolder)), { mode: 0o600 });
}

/** Copies what changes meanwhile: a file that goes is not missed, since the log tells that it went. */
function copyChanging(source: string, target: string): void {
  mkdirSync(target, { recursive: true, mode: 0o700 });
  for (const entry of readdirSync(source, { withFileTypes: true })) {
    const [from, to] = [join(source, entry.name), join(target, entry.name)];
    if (left.test(entry.name)) continue;
    if (emptied.has(entry.name)) mkdirSync(to, { mode: 0o700 });
    else if (entry.isDirectory()) copyChanging(from, to);
    else if (existsSync(from)) copyFile(from, to);
  }
}

function copyFile(from: string, to: string): void {
  try {
    cpSync(from, to);
  } catch (error) {
    rmSync(to, { force: true });
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

function chownAll(path: string, uid: number, gid: number): void {
  chownSync(path, uid, gid);
  for (const entry of readdirSync(path, { withFileTypes: true }))
    if (entry.isDirectory()) chownAll(join(path, entry.name), uid, gid);
    else chownSync(join(path, entry.name), uid, gid);
}
