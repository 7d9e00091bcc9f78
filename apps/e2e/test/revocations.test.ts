import { mkdirSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import WebSocket from 'ws';
import { send } from './support/http';
import { until } from './support/service-process';
import { type HeldSession, startVerifiers, type Verifiers } from './support/verifiers';

// `npm run proof` asks for the full size, with times; one in ten is watched, as asking takes time from those who are asked
const isProof = process.env['PROOF'] === 'full';
const size = isProof ? { perSecond: 200, seconds: 30, heldSeconds: 15 } : { perSecond: 50, seconds: 1, heldSeconds: 1 };
const watchedOf = 10;

let verifiers: Verifiers;
beforeAll(async () => (verifiers = await startVerifiers()), 60_000);
afterAll(() => verifiers.close());

const judgeAll = ({ accessToken }: HeldSession) => Promise.all(Object.values(verifiers.judges).map((judge) => judge(accessToken)));
const letIn = ['USER_NOT_FOUND', 'USER_NOT_FOUND', 'USER_NOT_FOUND'];
const refused = ['TOKEN_REVOKED', 'TOKEN_REVOKED', 'TOKEN_REVOKED'];
const end = ({ refreshToken }: HeldSession) => verifiers.auth.logout({ refreshToken });
const areRefused = (session: HeldSession) => until('all refuse the token', async () => (await judgeAll(session)).every((each) => each === 'TOKEN_REVOKED'));

/** Ends sessions at a pace, and does something once each is answered. */
async function endAtPace(sessions: readonly HeldSession[], onEnd: (session: HeldSession, index: number) => Promise<void> = async () => {}): Promise<void> {
  const begin = performance.now();
  await Promise.all(
    sessions.map(async (session, index) => {
      await pause(Math.max(0, begin + (index * 1_000) / size.perSecond - performance.now()));
      await end(session);
      await onEnd(session, index);
    }),
  );
}

/** The same; gives how long after the answer each verifier refused the tokens of those that are watched. Milliseconds. */
async function watchEnds(sessions: readonly HeldSession[]): Promise<number[]> {
  const waits: number[] = [];
  await endAtPace(sessions, async ({ accessToken }, index) => {
    if (index % watchedOf) return;
    const answered = performance.now();
    const watch = async ([name, judge]: [string, (token: string) => Promise<string>]) => {
      await until(`${name} refuses the token`, async () => (await judge(accessToken)) === 'TOKEN_REVOKED', 60_000);
      waits.push(performance.now() - answered);
    };
    await Promise.all(Object.entries(verifiers.judges).map(watch));
  });
  return waits;
}

it('a session that was ended lets nobody in any more, over HTTP and gRPC, and others do', async () => {
  const [ended, other] = (await verifiers.openSessions(2)) as [HeldSession, HeldSession];
  expect(await judgeAll(ended)).toEqual(letIn);
  await end(ended);
  await areRefused(ended);
  expect(await judgeAll(other)).toEqual(letIn);
  const answer = await send(verifiers.gatehouse.url, 'GET', '/v1/users/me', { token: ended.accessToken });
  expect([answer.status, answer.headers.get('www-authenticate')]).toEqual([401, expect.stringContaining('error="invalid_token"')]);
});

it('a stream that is open ends with its session', async () => {
  const { gatehouse } = verifiers;
  const { body } = await send(gatehouse.url, 'POST', '/v1/auth/login', { body: gatehouse.administrator });
  const socket = new WebSocket(`${gatehouse.url.replace('http', 'ws')}/v1/users:import`, { headers: { authorization: `Bearer ${body.accessToken}` } });
  const closed = new Promise((done) => socket.on('close', (code, reason) => done([code, String(reason)])));
  await new Promise((done) => socket.on('open', done));
  await end(body);
  expect(await closed).toEqual([1008, 'TOKEN_REVOKED']);
});

it('what was ended while the feed was held counts once it passes again, and nothing is missed when auth is killed', async () => {
  const sessions = await verifiers.openSessions(30);
  for (const session of sessions) expect(await judgeAll(session)).toEqual(letIn);
  verifiers.feed.hold();
  await Promise.all(sessions.slice(0, 10).map(end));
  await pause(500);
  // they cannot know, and by default people are not locked out for it
  expect(await judgeAll(sessions[0]!)).toEqual(letIn);
  verifiers.feed.release();
  for (const session of sessions.slice(0, 10)) await areRefused(session);
  await Promise.all(sessions.slice(10, 20).map(end));
  verifiers.gatehouse.processes.auth.child.kill('SIGKILL');
  await verifiers.gatehouse.processes.auth.exited;
  verifiers.gatehouse.start('auth');
  await until('auth is back', async () => (await verifiers.gatehouse.readyz('auth')) === 200);
  await Promise.all(sessions.slice(20).map(end));
  for (const session of sessions) await areRefused(session);
});

it(`${size.perSecond} a second are heard by three verifiers, and again after the feed was held`, async () => {
  const count = size.perSecond * size.seconds;
  const sessions = await verifiers.openSessions(count);
  const before = await verifiers.readHeard();
  const waits = await watchEnds(sessions);
  let heard = before;
  const isHeard = (name: string) => heard[name]!.all - before[name]!.all >= count;
  await until('each verifier has heard of all', async () => Object.keys((heard = await verifiers.readHeard())).every(isHeard));
  const meanwhile = await verifiers.openSessions(size.perSecond * size.heldSeconds);
  verifiers.feed.hold();
  await endAtPace(meanwhile);
  verifiers.feed.release();
  const released = performance.now();
  await areRefused(meanwhile.at(-1)!);
  const healedMs = performance.now() - released;
  const after = await watchEnds(await verifiers.openSessions(count));
  for (const session of meanwhile) expect(await judgeAll(session)).toEqual(refused);
  if (!isProof) return;
  const late = Object.keys(heard).map((name) => heard[name]!.all - before[name]!.all - (heard[name]!.withinSecond - before[name]!.withinSecond));
  record({ ...size, verifiers: late.length, late: Math.max(...late), steady: summarize(waits), after: summarize(after), healedMs: Math.round(healedMs) });
}, 600_000);

interface Summary {
  readonly watched: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

function summarize(waits: readonly number[]): Summary {
  const sorted = waits.toSorted((one, other) => one - other);
  const at = (share: number) => Math.round(sorted[Math.min(Math.floor(sorted.length * share), sorted.length - 1)]!);
  return { watched: sorted.length, p50Ms: at(0.5), p99Ms: at(0.99), maxMs: at(1) };
}

function record(run: { readonly steady: Summary; readonly after: Summary } & Readonly<Record<string, unknown>>): void {
  const folder = resolve(__dirname, '../../../tmp/measurements');
  mkdirSync(folder, { recursive: true });
  writeFileSync(resolve(folder, 'revocations.json'), JSON.stringify(run));
  expect(Math.max(run.steady.p99Ms, run.after.p99Ms)).toBeLessThan(1_000);
}
