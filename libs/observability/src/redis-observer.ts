import {
  ATTR_DB_NAMESPACE,
  ATTR_DB_OPERATION_NAME,
  ATTR_DB_QUERY_SUMMARY,
  ATTR_DB_SYSTEM_NAME,
  ATTR_SERVER_ADDRESS,
  ATTR_SERVER_PORT,
} from '@opentelemetry/semantic-conventions';
import { other } from './metrics';
import { markFailed, type Spans, withClientSpan } from './tracing';

/** What is told of a command: never its keys, which may be addresses of people. */
export interface RedisCommand {
  /** What it is for, kebab-case: `rate-limit`. */
  readonly name: string;
  /** The command, in upper case: `EVALSHA`. */
  readonly operation: string;
  readonly server: { readonly address: string; readonly port: number };
  /** Number of the database. */
  readonly database: number;
}

/** Watches the commands that are sent to Valkey or Redis. */
export interface RedisObserver {
  command<T>(command: RedisCommand, run: () => Promise<T>): Promise<T>;
}

/** Traces commands that are part of a call. */
export function createRedisObserver({ spans }: { spans: Spans }): RedisObserver {
  return {
    command({ name, operation, server, database }, run) {
      const attributes = () => ({
        [ATTR_DB_SYSTEM_NAME]: 'redis',
        [ATTR_DB_NAMESPACE]: String(database),
        [ATTR_DB_OPERATION_NAME]: operation,
        [ATTR_DB_QUERY_SUMMARY]: name,
        [ATTR_SERVER_ADDRESS]: server.address,
        [ATTR_SERVER_PORT]: server.port,
      });
      return withClientSpan(spans, name, attributes, run, (span, error) => {
        if (error !== undefined) markFailed(span, error instanceof Error && /^[A-Z]\w{0,63}Error$/.test(error.name) ? error.name : other);
      });
    },
  };
}
