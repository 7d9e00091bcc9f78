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
import type { PostgresObserver } from '@gatehouse/postgres';
import type { MetricsRegistry } from './exposition';
import { lazy } from './lazy';
import type { Logger } from './logger';
import { addDatabaseMetrics } from './metrics';
import { createReplicaReport } from './replica-report';
import { createRowLoaderObservers } from './row-loader-observer';
import { settle } from './settle';
import { findSqlState, isCancelled, toErrorType } from './sql-error';
import { addRetry, markFailed, type Spans, withClientSpan } from './tracing';

/** Measures SQL, and traces what is part of a call. Statements are parameterised, so their text holds no value. */
export function createPostgresObserver({ spans, registry, logger }: { spans: Spans; registry: MetricsRegistry; logger: Logger }): PostgresObserver {
  const metrics = addDatabaseMetrics(registry);
  const loaders = lazy(() => createRowLoaderObservers({ spans, registry }));
  return {
    openReplica: () => createReplicaReport({ registry, logger }),
    openRowLoader: (name) => loaders()(name),
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
        if (error !== undefined && !isCancelled(error)) markFailed(span, toErrorType(error));
      });
    },
    retry: ({ attempt, error }) => addRetry(trace.getActiveSpan(), attempt, { [ATTR_DB_RESPONSE_STATUS_CODE]: findSqlState(error) }),
  };
}
