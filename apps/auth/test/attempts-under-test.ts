import { toClientMetadata } from '@gatehouse/access';
import { type AuthUnderTest, type StartOptions, startAuth } from './auth-under-test';

export const password = 'correct horse battery';
/** What an attempt came to: `OK`, or the reason. */
export type Outcome = 'OK' | 'INVALID_CREDENTIALS' | 'TOO_MANY_ATTEMPTS' | (string & {});

export interface Guess {
  readonly email: string;
  readonly password?: string;
  readonly address?: string;
  readonly deviceToken?: string;
  readonly captchaToken?: string;
}

export interface AttemptsUnderTest extends AuthUnderTest {
  /** The time by which attempts are counted. Milliseconds since the epoch. */
  readonly clock: { now: number };
  /** Logs in; with a wrong password unless the guess has one. */
  guess(guess: Guess): Promise<Outcome>;
  /** The error of a guess that fails. */
  errorOf(guess: Guess): Promise<{ code: string; reason: string; message: string; metadata: object; retryDelayMs?: number }>;
  /** Signs up, and gives the token of the device. */
  signUp(email: string): Promise<string>;
  /** A metric of the process, by its name and labels as they are written. */
  metric(name: string): Promise<number>;
}

/** Few failures are free, so that few passwords are hashed; `settings` may say otherwise. */
const limits = {
  AUTH_ACCOUNT_FREE_FAILURES: '5',
  AUTH_DEVICE_FREE_FAILURES: '5',
  AUTH_ADDRESS_FREE_FAILURES: '20',
  AUTH_NETWORK_FREE_FAILURES: '40',
};

/** The service with a clock that only the test moves, shared with the one that it runs beside. */
export async function startAttempts({ settings, beside }: Pick<StartOptions, 'settings'> & { beside?: AttemptsUnderTest } = {}): Promise<AttemptsUnderTest> {
  const clock = beside?.clock ?? { now: Date.now() };
  const under = await startAuth({ settings: { ...limits, ...settings }, overrides: { attemptsNow: () => clock.now }, beside });
  const call = ({ email, password: given = 'wrong', address = '192.0.2.1', deviceToken = '', captchaToken = '' }: Guess) =>
    under.auth.login({ email, password: given, deviceToken, captchaToken }, { metadata: toClientMetadata({ address, userAgent: '' }) });
  return {
    ...under,
    clock,
    guess: (guess) =>
      call(guess).then(
        () => 'OK',
        ({ reason }) => reason,
      ),
    errorOf: (guess) =>
      call(guess).then(
        () => Promise.reject(new Error('it was let in')),
        ({ code, reason, message, metadata, retryDelayMs }) => ({ code, reason, message, metadata, retryDelayMs }),
      ),
    signUp: async (email) => (await under.auth.signUp({ email, password })).deviceToken!,
    async metric(name) {
      const text = await (await fetch(`http://127.0.0.1:${under.app.adminPort}/metrics`)).text();
      return Number(
        text
          .split('\n')
          .find((line) => line.startsWith(`${name} `))
          ?.split(' ')[1],
      );
    },
  };
}

/** How many guesses came to what. */
export function count(outcomes: readonly Outcome[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const outcome of outcomes) counts[outcome] = (counts[outcome] ?? 0) + 1;
  return counts;
}

/** Makes guesses one after the other. */
export async function inTurn<T>(times: number, make: (index: number) => Promise<T>): Promise<T[]> {
  const made: T[] = [];
  for (let index = 0; index < times; index++) made.push(await make(index));
  return made;
}

/** Makes guesses, a hundred at the same time: more would be shed before they are counted. */
export const atOnce = async <T>(times: number, make: (index: number) => Promise<T>): Promise<T[]> =>
  (await inTurn(times / 100, (round) => Promise.all(Array.from({ length: 100 }, (_, index) => make(round * 100 + index))))).flat();
