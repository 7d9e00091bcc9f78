import { send } from './http';
import { until } from './service-process';

/** People who do all that one can do, again and again. */
export interface Journeys {
  /** Every request that was not answered with 200. */
  readonly failures: unknown[];
  /** Waits until so many more journeys have come to their end, or something failed. */
  more(count: number): Promise<void>;
  stop(): Promise<void>;
}

const password = 'correct horse battery';

/**
 * Callers without pauses. Each has signed up once and keeps that one session by its refresh tokens, whatever versions they come
 * from; in each journey it changes and reads its name, logs in, and a newcomer signs up.
 */
export async function startJourneys(url: string, callers: number): Promise<Journeys> {
  const failures: unknown[] = [];
  let ended = 0;
  let stopped = false;
  const ask = async (method: string, path: string, options: { body?: unknown; token?: string } = {}) => {
    const answer = await send(url, method, path, options).catch((error) => ({ status: 0, body: String(error.cause ?? error) }));
    if (answer.status === 200) return answer.body;
    failures.push({ request: `${method} ${path}`, status: answer.status, body: answer.body });
    throw new Error('the journey has failed');
  };
  const travel = async (caller: number) => {
    // versions differ in the form that they keep it in
    const email = `caller-${caller}@Example.COM`;
    let tokens = await ask('POST', '/v1/auth/signup', { body: { email, password, displayName: 'first' } });
    for (let round = 0; !stopped; round++) {
      tokens = await ask('POST', '/v1/auth/refresh', { body: { refreshToken: tokens.refreshToken } });
      const displayName = `name ${round}`;
      await ask('PATCH', '/v1/users/me', { token: tokens.accessToken, body: { displayName } });
      const me = await ask('GET', '/v1/users/me', { token: tokens.accessToken });
      if (me.displayName !== displayName || me.email.toLowerCase() !== email.toLowerCase()) failures.push({ wrote: displayName, read: me });
      const { accessToken } = await ask('POST', '/v1/auth/login', { body: { email, password } });
      await ask('GET', '/v1/users/me', { token: accessToken });
      await ask('POST', '/v1/auth/signup', { body: { email: `newcomer-${caller}-${round}@example.com`, password, displayName: 'new' } });
      ended++;
    }
  };
  // what failed is in `failures`
  const all = Promise.all(Array.from({ length: callers }, (_, caller) => travel(caller).catch(() => {})));
  return {
    failures,
    async more(count) {
      const before = ended;
      await until(`${count} journeys`, () => ended >= before + count || failures.length > 0, 60_000);
    },
    async stop() {
      stopped = true;
      await all;
    },
  };
}
