import type { RedisObserver } from '@gatehouse/observability';
import { Redis } from 'ioredis';
import { type AttemptStore, maxLevelOf } from './attempt-store';
import { countScript, reserveScript, settleScript } from './redis-scripts';

export interface RedisStoreOptions {
  url: string;
  /** Counts while Redis does not answer. */
  fallback: AttemptStore;
  /** Told when Redis ceases to answer, and when it answers again. */
  onStore: (isThere: boolean) => void;
  observer: RedisObserver;
  /** Milliseconds since the epoch, in place of the clock of Redis. */
  now?: () => number;
}

/** Counts in Valkey or Redis. */
export interface RedisStore extends AttemptStore {
  close(): void;
}

// an attempt waits no longer for the store, and the next ones not at all for a while. Milliseconds.
const answerWithinMs = 250;
const askAgainAfterMs = 1_000;

type Script = (...parameters: (string | number | Buffer)[]) => Promise<unknown>;

/** Counts in Valkey or Redis, and in `fallback` while that does not answer: neither is anybody locked out then, nor let in for nothing. */
export function createRedisStore({ url, fallback, onStore, observer, now }: RedisStoreOptions): RedisStore {
  const redis = openRedis(url);
  const scripts = redis as unknown as Record<'gatehouseReserve' | 'gatehouseSettle' | 'gatehouseCount', Script>;
  const time = () => now?.() ?? -1;
  const toName = (key: Buffer) => `gatehouse:attempts:${key.toString('base64url')}`;
  const { host: address = '', port = 0, db: database = 0 } = redis.options;
  let isThere = true;
  let askAgainAt = 0;
  const note = (answers: boolean) => {
    if (!answers) askAgainAt = Date.now() + askAgainAfterMs;
    if (isThere !== answers) onStore(answers);
    isThere = answers;
  };
  const ask = async <T>(name: string, run: () => Promise<T>, otherwise: () => Promise<T>): Promise<T> => {
    if (!isThere && Date.now() < askAgainAt) return otherwise();
    try {
      const answer = await observer.command({ name, operation: 'EVALSHA', server: { address, port }, database }, run);
      note(true);
      return answer;
    } catch {
      note(false);
      return otherwise();
    }
  };
  return {
    reserve: (entries) =>
      ask(
        'reserve-attempts',
        async () => {
          const limits = entries.flatMap(({ policy }) => [policy.free, policy.firstDelayMs, policy.maxDelayMs, policy.forgetMs, maxLevelOf(policy)]);
          const rows = (await scripts.gatehouseReserve(entries.length, ...entries.map(({ key }) => toName(key)), time(), ...limits)) as [
            string,
            string,
            string,
          ][];
          return rows.map(([isAdmitted, countedMs, delayMs], index) => ({
            key: entries[index]!.key,
            isAdmitted: isAdmitted === '1',
            countedMs: Number(countedMs),
            delayMs: Number(delayMs),
          }));
        },
        () => fallback.reserve(entries),
      ),
    settle: (settlements) =>
      ask(
        'settle-attempts',
        async () => {
          const values = settlements.flatMap(({ countedMs, isCleared }) => [countedMs, isCleared ? 1 : 0]);
          await scripts.gatehouseSettle(settlements.length, ...settlements.map(({ key }) => toName(key)), ...values);
        },
        () => fallback.settle(settlements),
      ),
    count: (key, failures, forgetMs) =>
      ask(
        'count-attempts',
        async () => Number(await scripts.gatehouseCount(1, toName(key), time(), failures, forgetMs)),
        () => fallback.count(key, failures, forgetMs),
      ),
    close: () => redis.disconnect(),
  };
}

function openRedis(url: string): Redis {
  const redis = new Redis(url, {
    connectTimeout: 2_000,
    commandTimeout: answerWithinMs,
    maxRetriesPerRequest: 0,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    retryStrategy: (times) => Math.min(times * 100, 1_000),
    scripts: { gatehouseReserve: { lua: reserveScript }, gatehouseSettle: { lua: settleScript }, gatehouseCount: { lua: countScript } },
  });
  // told by the attempts that find it gone
  return redis.on('error', () => {});
}
