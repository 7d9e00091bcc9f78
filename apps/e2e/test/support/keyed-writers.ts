import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { send } from './http';

interface User {
  readonly id: string;
  readonly etag: string;
}

export interface KeyedWriters {
  /** What changes of the one person were answered with. */
  readonly changes: User[];
  /** People who were made. */
  readonly people: User[];
  /** Resolves when no write is left. @throws when one was refused, which no repetition with the same key may be */
  stop(): Promise<void>;
}

/** Ten callers that change one person and make others, each write with a key of its own, repeated until it is done. */
export function startKeyedWriters(url: string, token: string, id: string): KeyedWriters {
  const changes: User[] = [];
  const people: User[] = [];
  let stopped = false;
  const untilDone = async (method: string, path: string, body: unknown): Promise<User> => {
    const headers = { 'idempotency-key': randomUUID() };
    for (let left = 1_000; left > 0; left--) {
      const answer = await send(url, method, path, { token, body, headers }).catch(() => undefined);
      if (answer?.status === 200) return answer.body;
      const isToBeRepeated = !answer || answer.status === 503 || answer.body.reason === 'REQUEST_IN_PROGRESS';
      if (!isToBeRepeated) throw new Error(`${method} ${path} was refused: ${JSON.stringify(answer.body)}`);
      await pause(20);
    }
    throw new Error(`${method} ${path} was never answered`);
  };
  const callers = Array.from({ length: 10 }, async (_, caller) => {
    for (let round = 0; !stopped; round++) {
      changes.push(await untilDone('PATCH', `/v1/users/${id}`, { displayName: `${caller}-${round}` }));
      people.push(await untilDone('POST', '/v1/users', { email: `keyed-${caller}-${round}@example.com` }));
    }
  });
  // whoever stops them is told
  for (const caller of callers) caller.catch(() => {});
  return {
    changes,
    people,
    async stop() {
      stopped = true;
      await Promise.all(callers);
    },
  };
}
