import { mkdirSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Leaks, watchForLeaks } from './support/canaries';
import { type CanaryPeople, seedCanaryPeople } from './support/canary-people';
import { databaseFaults } from './support/database-faults';
import { createRandom, fuzz } from './support/fuzzed-requests';
import { type Gatehouse, startGatehouse } from './support/gatehouse';
import { exchange } from './support/raw-http';
import { createProblemJudge, type ProblemJudge } from './support/problem-judge';
import { type SentRequest, sendRaw } from './support/send-raw';
import { type ServiceProcess, until, untilLinesAreWritten } from './support/service-process';

// `npm run proof` asks for the full size
const isProof = process.env['PROOF'] === 'full';
const size = isProof ? { errors: 10_000, perFault: 64, kills: 10 } : { errors: 1_600, perFault: 26, kills: 1 };
const callers = 8;

let gatehouse: Gatehouse;
let leaks: Leaks;
let judge: ProblemJudge;
let people: CanaryPeople;
const processes = new Set<ServiceProcess>();
const begin = Date.now();
beforeAll(async () => {
  gatehouse = await startGatehouse();
  for (const service of Object.values(gatehouse.processes)) processes.add(service);
  leaks = watchForLeaks(gatehouse);
  judge = await createProblemJudge(gatehouse.url, leaks);
  people = await seedCanaryPeople(gatehouse, leaks);
});
afterAll(() => gatehouse.close());

/** Sends a request and judges what it is answered. */
async function ask(request: SentRequest): Promise<void> {
  const name = `${request.method} ${request.path.slice(0, 100)}`;
  try {
    const answer = await sendRaw(gatehouse.url, request);
    await judge.judge(name, answer);
    if (answer.status === 200 && request.path.startsWith('/v1/auth/')) for (const token of answer.text.match(/(ghr_|eyJ)[\w.-]+/g) ?? []) leaks.add(token);
  } catch (error) {
    judge.faults.push(`${name} had no answer: ${String(error)}`);
  }
}

/** How many answers told of trouble that no request of ours is to blame for: of what good ones are answered, none does. */
const countTrouble = (): number => [...judge.counts].reduce((sum, [answer, count]) => sum + (/^5|CONFLICT|VALIDATION_FAILED/.test(answer) ? count : 0), 0);

/** Several callers, each with one request after the other. */
const askAll = async (isOver: () => boolean, next: () => SentRequest): Promise<void> =>
  void (await Promise.all(
    Array.from({ length: callers }, async () => {
      while (!isOver()) await ask(next());
    }),
  ));

const within = (seconds: string, request: SentRequest): SentRequest => ({ ...request, headers: { ...request.headers, 'x-request-timeout': seconds } });

/** Ready again, and serving: what the last fault left in the pools is gone. */
async function untilWell(): Promise<void> {
  await gatehouse.ready();
  await until('calls succeed', async () => {
    const answers = await Promise.all(Array.from({ length: 2 * callers }, () => sendRaw(gatehouse.url, people.nextQuick())));
    return answers.every(({ status }) => status < 500);
  });
}

it.each(Object.keys(databaseFaults))(
  '%s: what is answered are problems that tell nothing',
  async (name) => {
    const before = countTrouble();
    let left = size.perFault;
    await databaseFaults[name]!(gatehouse, () =>
      askAll(
        () => left-- <= 0,
        () => within('0.7', people.nextQuick()),
      ),
    );
    expect(judge.faults).toEqual([]);
    expect(countTrouble()).toBeGreaterThan(before);
    await untilWell();
  },
  300_000,
);

it.each(['user', 'auth'] as const)(
  'kill -9 of %s while calls are in flight',
  async (service) => {
    const before = countTrouble();
    for (let kill = 0; kill < size.kills; kill++) {
      let left = 4 * callers;
      const asking = askAll(
        () => left-- <= 0,
        () => within('0.7', people.next()),
      );
      gatehouse.processes[service].child.kill('SIGKILL');
      await gatehouse.processes[service].exited;
      await asking;
      gatehouse.start(service);
      processes.add(gatehouse.processes[service]);
      await untilWell();
    }
    expect(judge.faults).toEqual([]);
    expect(countTrouble()).toBeGreaterThan(before);
  },
  300_000,
);

it('deadlines that pass before anything, and on the way', async () => {
  const deadlines = ['0.001', '0.021', '0.03', '0.045'];
  let left = size.perFault;
  const before = countTrouble();
  await askAll(
    () => left-- <= 0,
    () => within(deadlines[left % deadlines.length] ?? '0.001', people.next()),
  );
  expect(judge.faults).toEqual([]);
  expect(countTrouble()).toBeGreaterThan(before);
});

it.each([
  ['nonsense', 'nonsense\r\n\r\n'],
  ['two lengths', 'POST /v1/auth/login HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}'],
  ['no host', 'GET /v1/users/me HTTP/1.1\r\nConnection: close\r\n\r\n'],
  ['a tunnel', 'CONNECT 127.0.0.1:1 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'],
  ['another version', 'GET / HTTP/3.7\r\nHost: a\r\n\r\n'],
  ['a bare line feed in a header', 'GET / HTTP/1.1\r\nHost: a\nX: b\r\nConnection: close\r\n\r\n'],
])('what is no HTTP, or cannot be meant: %s', async (name, text) => {
  const before = judge.total();
  const { status, headers, body } = await exchange(gatehouse.ports.http, text);
  await judge.judge(name, { status, headers: Object.fromEntries(headers), text: JSON.stringify(body) ?? '' });
  expect([judge.total(), judge.faults]).toEqual([before + 1, []]);
});

it('requests that are like good ones, but for one to three things', async () => {
  const random = createRandom(20_261_121);
  const most = 10 * size.errors;
  let sent = 0;
  await askAll(
    () => judge.total() >= size.errors || sent++ > most,
    () => {
      if (isProof && sent % 1_000 === 0) process.stderr.write(`${judge.total()} of ${size.errors} errors\n`);
      return fuzz(people.next(), random);
    },
  );
  expect(judge.faults).toEqual([]);
  expect(judge.total()).toBeGreaterThanOrEqual(size.errors);
}, 1_200_000);

it('no process wrote a secret or a fact of a person, nor ended by itself', async () => {
  await untilLinesAreWritten();
  const lines = [...processes].flatMap(({ lines, stderr }) => [...lines.map((line) => JSON.stringify(line)), stderr()]);
  expect(lines.length).toBeGreaterThan(size.errors);
  expect(lines.flatMap((line) => leaks.ofLog(line).map((leak) => `${leak}: ${line.slice(0, 600)}`))).toEqual([]);
  for (const { child } of Object.values(gatehouse.processes)) expect(child.exitCode).toBeNull();

  const answers = Object.fromEntries([...judge.counts].sort());
  if (!isProof) return;
  const folder = resolve(__dirname, '../../../tmp/measurements');
  mkdirSync(folder, { recursive: true });
  writeFileSync(resolve(folder, 'error-answers.json'), JSON.stringify({ errors: judge.total(), seconds: Math.round((Date.now() - begin) / 1000), answers }));
  process.stderr.write(
    `${Object.entries(answers)
      .map(([answer, count]) => `${String(count).padStart(6)}  ${answer}`)
      .join('\n')}\n`,
  );
});
