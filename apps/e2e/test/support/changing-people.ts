import { randomInt, randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { send } from './http';

/** A change of a person, as a route of UserService. */
const changes = [
  { method: 'POST', suffix: ':suspend', body: {}, ends: true },
  { method: 'POST', suffix: ':reinstate', body: {}, ends: false },
  { method: 'DELETE', suffix: '', body: undefined, ends: true },
  { method: 'POST', suffix: ':undelete', body: {}, ends: false },
  { method: 'POST', suffix: ':setRoles', body: { roleIds: ['member'] }, ends: false },
  { method: 'POST', suffix: ':setRoles', body: { roleIds: [] }, ends: false },
];

export interface ChangingPeople {
  /** Changes that were done. */
  readonly done: () => number;
  /** Who was suspended or deleted at some time. */
  readonly ended: ReadonlySet<string>;
  /** Resolves when no change is left. @throws when one was refused otherwise than because the person was deleted */
  stop(): Promise<void>;
}

/**
 * Writers that change people, each change with a key of its own and repeated until it is done. What happens to `restless` people is left to
 * chance, of `steady` ones the roles alone are set.
 */
export function startChangingPeople(
  url: string,
  token: string,
  { restless, steady }: { restless: readonly string[]; steady: readonly string[] },
): ChangingPeople {
  const ended = new Set<string>();
  let done = 0;
  let stopped = false;
  const change = async (id: string, { method, suffix, body, ends }: (typeof changes)[number]) => {
    const headers = { 'idempotency-key': randomUUID() };
    for (let left = 1_000; left > 0; left--) {
      const answer = await send(url, method, `/v1/users/${id}${suffix}`, { token, body, headers }).catch(() => undefined);
      if (answer?.status === 200) {
        done++;
        if (ends) ended.add(id);
        return;
      }
      if (answer?.body?.reason === 'USER_DELETED') return;
      const isToBeRepeated = !answer || answer.status === 503 || answer.body.reason === 'REQUEST_IN_PROGRESS' || answer.body.reason === 'CONFLICT';
      if (!isToBeRepeated) throw new Error(`${method} ${suffix} was refused: ${JSON.stringify(answer.body)}`);
      await pause(20);
    }
    throw new Error(`${method} ${suffix} was never answered`);
  };
  const writers = Array.from({ length: 6 }, async () => {
    while (!stopped) {
      await change(restless[randomInt(restless.length)]!, changes[randomInt(changes.length)]!);
      await change(steady[randomInt(steady.length)]!, changes[4 + randomInt(2)]!);
    }
  });
  // whoever stops them is told
  for (const writer of writers) writer.catch(() => {});
  return {
    done: () => done,
    ended,
    async stop() {
      stopped = true;
      await Promise.all(writers);
    },
  };
}
