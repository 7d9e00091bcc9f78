import { descriptorSet, UserServiceDefinition } from '@gatehouse/contracts/user';
import { startTemporaryPostgresServer, withClient } from '@gatehouse/postgres-server';
import { createChannel, createClient } from '@gatehouse/rpc';
import { quantile } from 'd3-array';
import { mkdirSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { NeighboursIntroduction } from '../measured/neighbours';
import { startOwn } from '../own-process';
import { migrateUsers, startUser } from '../user-process';
import { type Load, loadDirectory } from './load-directory';
import { type Directory, pageSize, type Question, questions } from './questions';

const small = 10_000;
const deepPage = 10_000;
const rounds = 10;
const callers = 4;
const callsARound = 100;
// the most that an answer may be slower of the large directory than of the small one
const bar = 2;

interface Loaded extends Directory {
  readonly load: Load;
  readonly databaseMiB: number;
}

/**
 * `directory --people 1000000 [--out file]`: loads a directory of that many people and one of 10,000, through ImportUsers, and asks both
 * in turns. Writes what came out as JSON; exits with 1 where the large one is more than twice as slow.
 */
export async function measureDirectory(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: { people: { type: 'string', default: '1000000' }, out: { type: 'string', default: 'tmp/measurements/directory.json' } },
  });
  const people = Number(values.people);
  if (!(Number.isInteger(people) && people >= small)) throw new RangeError(`--people has to be a number from ${small} on, and not ${values.people}`);
  const opened: { stop(): Promise<unknown> }[] = [];
  try {
    const neighbours = await startOwn<NeighboursIntroduction>('neighbours', []);
    opened.push(neighbours);
    const postgres = await startTemporaryPostgresServer();
    opened.push(postgres);
    // as a server of this size would be set; not durable, which makes loading quicker and reading not
    await withClient(postgres.url, async (client) => {
      for (const setting of ["shared_buffers = '2GB'", "max_wal_size = '8GB'", "work_mem = '16MB'"]) await client.query(`alter system set ${setting}`);
    });
    await postgres.restart();
    const open = async (count: number): Promise<Loaded> => {
      const databaseUrl = await postgres.createDatabase(`people_${count}`, { role: 'user', password: 'user' });
      await migrateUsers(databaseUrl);
      const { target: verifierTarget, issuer, token } = neighbours.introduced;
      const user = await startUser({ databaseUrl, verifierTarget, issuer, environment: { LOG_LEVEL: 'error' }, nodeArguments: [] });
      opened.push(user);
      const channel = createChannel({ target: user.target, descriptorSets: [descriptorSet] });
      opened.push({ stop: async () => channel.close() });
      const users = createClient(UserServiceDefinition, channel, { credentials: async () => token });
      const load = await loadDirectory({ users, people: count, pid: user.pid, onProgress: (done, seconds, memory) => tell(count, done, seconds, memory) });
      console.log(`\n${count} people are there after ${load.seconds.toFixed(0)} s`);
      const databaseMiB = await withClient(postgres.urlOf(`people_${count}`), async (client) => {
        await client.query('vacuum (analyze)');
        const { rows } = await client.query<{ bytes: string }>('select pg_database_size(current_database()) as bytes');
        return Math.round(Number(rows[0]!.bytes) / 2 ** 20);
      });
      return { users, people: count, ids: load.ids, load, databaseMiB, deepToken: await findDeepToken(users, count) };
    };
    const directories = [await open(small), await open(people)] as const;
    const answers = await compare(directories);
    const toRow = ({ load: { ids: _, ...load }, databaseMiB }: Loaded) => ({ ...load, databaseMiB });
    mkdirSync('tmp/measurements', { recursive: true });
    writeFileSync(
      values.out,
      `${JSON.stringify({ people, loads: directories.map(toRow), rounds, callers, callsARound, deepPage, pageSize, bar, answers }, null, 2)}\n`,
    );
    console.log(`wrote ${values.out}`);
    if (answers.some(({ ratio }) => ratio > bar)) process.exitCode = 1;
  } finally {
    for (const each of opened.reverse()) await each.stop();
  }
}

/** The token of page 10,000, or of the last one before; told on the way. */
async function findDeepToken(users: Directory['users'], people: number): Promise<string> {
  const pages = Math.min(deepPage, Math.floor(people / pageSize));
  let token = '';
  for (let page = 1; page < pages; page++) {
    token = (await users.listUsers({ pageSize, pageToken: token })).nextPageToken;
    if (page % 500 === 0) process.stdout.write(`\rpage ${page} of ${pages}  `);
  }
  process.stdout.write('\n');
  return token;
}

interface Answers {
  readonly name: string;
  /** Milliseconds, of the small directory and of the large one. */
  readonly p50: readonly [number, number];
  readonly p99: readonly [number, number];
  /** How many times the p99 of the small one that of the large one is. */
  readonly ratio: number;
}

async function compare(directories: readonly [Directory, Directory]): Promise<readonly Answers[]> {
  const found: Answers[] = [];
  for (const question of questions) {
    const waits: [number[], number[]] = [[], []];
    // the first round warms both up
    for (let round = 0; round <= rounds; round++)
      for (const which of round % 2 ? [0, 1] : [1, 0]) {
        const taken = await askInTurns(question, directories[which]!, round * callsARound);
        if (round > 0) waits[which]!.push(...taken);
      }
    const of = (share: number) => waits.map((each) => toTenth(quantile(each, share)!)) as [number, number];
    const [p50, p99] = [of(0.5), of(0.99)];
    found.push({ name: question.name, p50, p99, ratio: Math.round((p99[1] / p99[0]) * 100) / 100 });
    console.log(`${question.name}: p50 ${p50.join(' and ')} ms, p99 ${p99.join(' and ')} ms: ${found.at(-1)!.ratio} ×`);
  }
  return found;
}

async function askInTurns(question: Question, directory: Directory, from: number): Promise<readonly number[]> {
  const waits: number[] = [];
  let next = from;
  const caller = async () => {
    while (next < from + callsARound) {
      const turn = next++;
      const begin = performance.now();
      await question.ask(directory, turn);
      waits.push(performance.now() - begin);
    }
  };
  await Promise.all(Array.from({ length: callers }, caller));
  return waits;
}

const toTenth = (milliseconds: number) => Math.round(milliseconds * 10) / 10;
const tell = (people: number, done: number, seconds: number, memory: number) =>
  process.stdout.write(`\r${done} of ${people}, ${Math.round(done / seconds)} a second, user at ${memory} MiB  `);
