import { isAppError } from '@gatehouse/errors';
import { quantile } from 'd3-array';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { password, startSignInServices } from './sign-in-services';

const loginsASecond = 50;
const othersASecond = 40;
// the most that the p99 of the others may be, in milliseconds
const barMs = 100;

interface Waits {
  readonly calls: number;
  /** How many failed, by their reasons. */
  readonly failures: Readonly<Record<string, number>>;
  /** Milliseconds; those that failed are among them. */
  readonly p50: number;
  readonly p99: number;
}

/**
 * `login-flood [--seconds 20] [--out file]`: 50 logins begin each second, however long they take, and meanwhile keys are read and tokens refreshed; before,
 * the same without the logins. Writes the waits as JSON; exits with 1 where the p99 of the others is over 100 ms.
 */
export async function measureLoginFlood(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: { seconds: { type: 'string', default: '20' }, out: { type: 'string', default: 'tmp/measurements/login-flood.json' } },
  });
  const seconds = Number(values.seconds);
  if (!(seconds >= 1)) throw new RangeError(`--seconds has to be a number from 1 on, and not ${values.seconds}`);
  const { client, verifier, people, close } = await startSignInServices(100, []);
  try {
    const tokens = people.map(({ refreshToken }) => refreshToken);
    const logIn = async (turn: number) => void (await client.login({ email: people[turn % people.length]!.email, password }));
    const readKeys = async () => void (await verifier.getJwks({}));
    const refresh = async (turn: number) => {
      const index = turn % tokens.length;
      tokens[index] = (await client.refresh({ refreshToken: tokens[index]! })).refreshToken!;
    };
    const others = async () => {
      const [keys, refreshes] = await Promise.all([every(othersASecond, seconds, readKeys), every(othersASecond, seconds, refresh)]);
      return { keys, refreshes };
    };
    await Promise.all([every(loginsASecond, 2, logIn), every(othersASecond, 2, readKeys), every(othersASecond, 2, refresh)]); // warms up
    const quiet = await others();
    const [logins, flooded] = await Promise.all([every(loginsASecond, seconds, logIn), others()]);
    const result = { seconds, loginsASecond, othersASecond, barMs, quiet, flooded, logins };
    mkdirSync(dirname(values.out), { recursive: true });
    writeFileSync(values.out, `${JSON.stringify(result, null, 2)}\n`);
    console.log(JSON.stringify(result, null, 2));
    const isGood = [flooded.keys, flooded.refreshes].every(({ p99, failures }) => p99 <= barMs && !Object.keys(failures).length);
    if (!isGood) process.exitCode = 1;
  } finally {
    await close();
  }
}

/** Begins so many calls a second, whether those before have ended or not. */
async function every(aSecond: number, seconds: number, call: (turn: number) => Promise<void>): Promise<Waits> {
  const waits: number[] = [];
  const calls: Promise<void>[] = [];
  const failures: Record<string, number> = {};
  const fail = (error: unknown) => {
    const reason = isAppError(error) ? error.reason : 'UNKNOWN';
    failures[reason] = (failures[reason] ?? 0) + 1;
  };
  const begin = performance.now();
  for (let turn = 0; turn < aSecond * seconds; turn++) {
    await pause(Math.max(0, begin + (turn * 1_000) / aSecond - performance.now()));
    const asked = performance.now();
    calls.push(
      call(turn)
        .catch(fail)
        .finally(() => waits.push(performance.now() - asked)),
    );
  }
  await Promise.all(calls);
  const [p50, p99] = [0.5, 0.99].map((share) => Math.round(quantile(waits, share)! * 10) / 10);
  return { calls: calls.length, failures, p50: p50!, p99: p99! };
}
