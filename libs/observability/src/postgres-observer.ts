import { trace } from '@opentelemetry/api';
import {
  ATTR_DB_NAMESPACE,
  ATTR_DB_QUERY_SUMMARY,
  ATTR_DB_QUERY_TEXT,
  ATTR_DB_RESPONSE_STATUS_CODE,
  ATTR_DB_SYSTEM_NAME,
  ATTR_SERVER_ADDRESS,
  ATTR_SERVER_PORT,
} from '@opentelemetry/semantic-conventions';
import { isAppError } from '@gatehouse/errors';
import type { PostgresObserver } from '@gatehouse/postgres';
import type { MetricsRegistry } from './exposition';
import { addDatabaseMetrics, other } from './metrics';
import { settle } from './settle';
import { addRetry, markFailed, type Spans, withClientSpan } from './tracing';

/** Measures SQL, and traces what is part of a call. Statements are parameterised, so their text holds no value. */
export function createPostgresObserver({ spans, registry }: { spans: Spans; registry: MetricsRegistry }): PostgresObserver {
  const metrics = addDatabaseMetrics(registry);
  return {
    openPool: metrics.addPool,
    acquire(pool, run) {
      const begin = performance.now();
      return settle(run, (error) => metrics.waits.observe([pool, toErrorType(error)], (performance.now() - begin) / 1000));
    },
    query({ name, text, database, server }, run) {
      const begin = performance.now();
      const measured = () => settle(run, (error) => metrics.statements.observe([name, toErrorType(error)], (performance.now() - begin) / 1000));
      const attributes = () => ({
        [ATTR_DB_SYSTEM_NAME]: 'postgresql',
        [ATTR_DB_NAMESPACE]: database,
        [ATTR_DB_QUERY_SUMMARY]: name,
        [ATTR_DB_QUERY_TEXT]: text,
        ...(server ? { [ATTR_SERVER_ADDRESS]: server.address, [ATTR_SERVER_PORT]: server.port } : {}),
      });
      return withClientSpan(spans, name, attributes, measured, (span, error) => {
        const sqlState = findSqlState(error);
        if (sqlState) span.setAttribute(ATTR_DB_RESPONSE_STATUS_CODE, sqlState);
        // who cancels gets what they asked for
        if (error !== undefined && !(isAppError(error) && error.code === 'CANCELLED')) markFailed(span, toErrorType(error));
      });
    },
    retry: ({ attempt, error }) => addRetry(trace.getActiveSpan(), attempt, { [ATTR_DB_RESPONSE_STATUS_CODE]: findSqlState(error) }),
  };
}

/** The SQLSTATE, or the code of what it was made into where PostgreSQL did not answer; empty without an error. */
const toErrorType = (error: unknown): string => (error === undefined ? '' : (findSqlState(error) ?? (isAppError(error) ? error.code : other)));

/** The SQLSTATE in an error's chain of causes. None begins with E, but EPIPE and its like do. */
function findSqlState(error: unknown): string | undefined {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    const { code } = cause as { code?: unknown };
    if (typeof code === 'string' && /^(?!E)[0-9A-Z]{5}$/.test(code)) return code;
  }
  return undefined;
}
