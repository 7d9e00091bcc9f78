import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { appendFileSync, chownSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { toProgram } from './binaries';
import { toEnvironment } from './environment';
import type { Place } from './place';

/** Makes PostgreSQL's data directory unless it is there, and gives the superuser's password, which is kept in the data folder. */
export async function prepareCluster(dataFolder: string, place: Place, durable: boolean): Promise<string> {
  const file = toPasswordFile(dataFolder);
  if (existsSync(file) && existsSync(place.cluster)) {
    refuseOtherVersion(place);
    return readFileSync(file, 'utf8').trim();
  }
  if (existsSync(place.cluster)) setAside(file, place);
  const password = randomBytes(24).toString('base64url');
  rmSync(file, { force: true });
  writeFileSync(file, `${password}\n`, { mode: 0o600 });
  await initialise(place, password, durable);
  return password;
}

/** Holds the superuser's password. */
export const toPasswordFile = (dataFolder: string): string => join(dataFolder, 'superuser-password');

/** Whether the data folder knows the password of its data; not so where somebody removed it and the data are outside of it. */
export const hasPassword = (dataFolder: string): boolean => existsSync(toPasswordFile(dataFolder));

/** Data outside of a data folder that somebody has removed: the next start is a new beginning, but deletes nothing unasked. */
function setAside(passwordFile: string, place: Place): void {
  if (!place.outside) {
    throw new Error(`the data in ${place.cluster} cannot be opened without ${passwordFile}. Bring that file back, or remove the whole folder to begin anew`);
  }
  renameSync(place.cluster, `${place.cluster}-before-${Date.now()}`);
}

function refuseOtherVersion(place: Place): void {
  const found = readFileSync(join(place.cluster, 'PG_VERSION'), 'utf8').trim();
  const own = place.version.split('.')[0];
  if (found === own) return;
  throw new Error(
    `the data in ${place.cluster} are those of PostgreSQL ${found}, and this is ${own}. Install the former version, or remove the data to begin anew`,
  );
}

// DETAIL quotes rows
const settings = "timezone = 'UTC'\nlog_timezone = 'UTC'\nlog_error_verbosity = terse\n";

// Made beside its place and moved there when it is complete, so that a killed initdb leaves nothing that looks like data.
async function initialise(place: Place, password: string, durable: boolean): Promise<void> {
  const folder = `${place.cluster}-new`;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { mode: 0o700 });
  const passwordFile = `${folder}-password`;
  rmSync(passwordFile, { force: true });
  writeFileSync(passwordFile, password, { mode: 0o600 });
  if (place.account) {
    for (const path of [folder, passwordFile]) chownSync(path, place.account.uid, place.account.gid);
  }
  try {
    await runInitdb(place, [
      `--pgdata=${folder}`,
      `--pwfile=${passwordFile}`,
      '--username=postgres',
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      // The same order and the same case rules on every machine, whatever locales it has.
      '--locale=C',
      // which PostgreSQL knows from 17 on
      ...(Number.parseInt(place.version) < 17 ? [] : ['--locale-provider=builtin', '--builtin-locale=C.UTF-8']),
      ...(durable ? [] : ['--no-sync']),
    ]);
    appendFileSync(join(folder, 'postgresql.conf'), settings);
    renameSync(folder, place.cluster);
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  } finally {
    rmSync(passwordFile, { force: true });
  }
}

function runInitdb(place: Place, args: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const { uid, gid } = place.account ?? {};
    const child = spawn(toProgram(place.programs, 'initdb'), args, {
      uid,
      gid,
      cwd: '/',
      env: toEnvironment(),
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk));
    child.stderr.on('data', (chunk: Buffer) => (output += chunk));
    child.once('error', (cause) => reject(new Error(`PostgreSQL's initdb cannot be run: ${cause.message}`, { cause })));
    child.once('close', (code) => (code === 0 ? resolve() : reject(new Error(explainFailure(place, output)))));
  });
}

/** What to tell of a server that did not come up, from what it printed. */
export function explainFailure(place: Place, output: string): string {
  const folder = place.cluster;
  if (/no space left on device|check free disk space|disk quota exceeded/i.test(output))
    return `the disk of ${folder} is full. Free some 100 MB there and start again`;
  if (/error while loading shared libraries|not found \(required by/i.test(output)) {
    return `the PostgreSQL of npm lacks a library of this system: ${lastLines(output, 2)}. Run "npm rebuild", or use a glibc system`;
  }
  return `PostgreSQL did not start with the data in ${folder}:\n${lastLines(output, 8)}`;
}

const lastLines = (text: string, count: number): string => text.trim().split('\n').slice(-count).join('\n');
