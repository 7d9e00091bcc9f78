import { context, SpanKind, type Tracer } from '@opentelemetry/api';
import {
  ATTR_DB_NAMESPACE,
  ATTR_DB_QUERY_SUMMARY,
  ATTR_DB_QUERY_TEXT,
  ATTR_DB_RESPONSE_STATUS_CODE,
  ATTR_DB_SYSTEM_NAME,
} from '@opentelemetry/semantic-conventions';
import type { PostgresObserver } from '@gatehouse/postgres';
import type { Metrics } from './metrics';
import { markFailed, withSpan } from './tracing';

/** Traces and measures SQL. Statements are parameterised, so their text holds no value. */
export function createPostgresObserver({ tracer, metrics }: { tracer: Tracer; metrics: Metrics }): PostgresObserver {
  return {
    query({ name, text, database }, run) {
      const parent = context.active();
      const end = metrics.database.startTimer({ db_operation_name: name });
      const attributes = { [ATTR_DB_SYSTEM_NAME]: 'postgresql', [ATTR_DB_NAMESPACE]: database, [ATTR_DB_QUERY_SUMMARY]: name, [ATTR_DB_QUERY_TEXT]: text };
      const span = tracer.startSpan(name, { kind: SpanKind.CLIENT, attributes }, parent);
      return withSpan(span, parent, run, (error) => {
        const sqlState = findSqlState(error);
        if (sqlState) span.setAttribute(ATTR_DB_RESPONSE_STATUS_CODE, sqlState);
        if (error !== undefined) markFailed(span, sqlState ?? 'error');
        end({ error_type: error === undefined ? '' : (sqlState ?? 'error') });
      });
    },
  };
}

/** The SQLSTATE in an error's chain of causes. */
function findSqlState(error: unknown): string | undefined {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    const { code } = cause as { code?: unknown };
    if (typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code)) return code;
  }
  return undefined;
}
