import { createBackgroundWork } from '@gatehouse/lifecycle';
import type { Observability } from '@gatehouse/observability';
import type { Database } from '@gatehouse/postgres';
import type { Config } from '../config';
import { createPostgresStore } from '../postgres/attempt-repository';
import { deriveKey } from '../seal';
import type { SecurityEvents } from '../security-events';
import { createAttemptEvents } from './attempt-events';
import { createAttemptKeys } from './attempt-keys';
import { type Attempts, createAttempts } from './attempts';
import { createCaptcha } from './captcha';
import { createFlood } from './flood';
import { createRedisStore } from './redis-store';
import { toPolicies } from './settings';

export interface OpenAttemptsOptions {
  config: Config;
  observability: Pick<Observability, 'registry' | 'logger' | 'redis'>;
  database: Pick<Database, 'query'>;
  security: SecurityEvents;
  /** Milliseconds since the epoch, in place of the clock of the store. */
  now?: () => number;
}

/** The limits as the settings have them, with what they own. */
export interface OpenAttempts {
  readonly attempts: Attempts;
  start(): void;
  close(): Promise<void>;
}

export function openAttempts({ config, observability, database, security, now }: OpenAttemptsOptions): OpenAttempts {
  const { logger, redis: observer } = observability;
  const events = createAttemptEvents(observability);
  const toKey = createAttemptKeys(deriveKey(config.AUTH_SECRET_KEY, 'gatehouse attempts'));
  const inDatabase = createPostgresStore(database, now);
  const url = config.RATE_LIMIT_REDIS_URL;
  const inRedis = url === undefined ? undefined : createRedisStore({ url, fallback: inDatabase, onStore: events.store, observer, now });
  const store = inRedis ?? inDatabase;
  const flood = createFlood({ store, key: toKey('flood'), failuresPerMinute: config.AUTH_FLOOD_FAILURES_PER_MINUTE, onChange: events.flood });
  const onError = (error: unknown) => void logger.warn('attempts could not be counted', { exception: error });
  const background = createBackgroundWork({ isActive: () => true, onError });
  return {
    attempts: createAttempts({ store, toKey, policies: toPolicies(config), flood, captcha: createCaptcha(config), events, security, onError }),
    start: () => background.every(1_000, () => flood.exchange()),
    async close() {
      await background.close();
      inRedis?.close();
    },
  };
}
