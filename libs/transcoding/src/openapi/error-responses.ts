import { AppError, type ErrorDeclaration, toHttpStatus } from '@gatehouse/errors';
import { STATUS_CODES } from 'node:http';
import type { MethodDescription } from '../method-description';
import { toOAuthError } from '../oauth-error';
import { problemType, toProblem } from '../problem';
import { findEtagPath } from '../preconditions';
import type { Route } from '../route';
import type { Reference, Response, Schema } from './openapi-document';
import { oauthErrorSchema, problemSchemas, toReasonName, toReasonSchema } from './problem-schemas';
import { ownNames } from './schema-names';

/** The error answers of a document, and what they refer to. */
export interface ErrorResponses {
  /** The answers of a route by status. */
  of(route: Route, description: MethodDescription): Record<string, Response | Reference>;
  schemas(): Record<string, Schema>;
  responses(): Record<string, Response>;
}

/** Makes the error answers: one a status, which names every reason of that status. */
export function createErrorResponses(commonErrors: readonly ErrorDeclaration[], errorPages?: string): ErrorResponses {
  const schemas = new Map<string, Schema>(Object.entries(problemSchemas));
  const responses = new Map<string, Response>();
  const commonNames = new Set(commonErrors.map(toReasonName));

  const toResponse = (status: number, errors: readonly ErrorDeclaration[]): Response => {
    for (const error of errors) schemas.set(toReasonName(error), toReasonSchema(error, errorPages));
    const refs = errors.map((error) => ({ $ref: `#/components/schemas/${toReasonName(error)}` }));
    const example = toExample(errors[0]!, errorPages);
    return {
      description: errors.map(({ reason, message }) => `- \`${reason}\`: ${message}`).join('\n'),
      headers: headersOf(status, errors),
      content: { [problemType]: { schema: refs.length === 1 ? refs[0]! : { oneOf: refs }, example } },
    };
  };

  const toProblemResponses = (errors: readonly ErrorDeclaration[]): Record<string, Response | Reference> => {
    const entries = [...groupByStatus(errors, toHttpStatus)].map(([status, group]): [string, Response | Reference] => {
      const response = toResponse(status, group);
      if (!group.every((error) => commonNames.has(toReasonName(error)))) return [String(status), response];
      const name = `${(STATUS_CODES[status] ?? `Status ${status}`).replaceAll(/\W/g, '')}${isWhole(group) ? '' : `.${group.map(({ reason }) => reason).join('.')}`}`;
      responses.set(name, response);
      return [String(status), { $ref: `#/components/responses/${name}` }];
    });
    return Object.fromEntries(entries);
  };
  /** Whether it is all that any method may say with the status. */
  const isWhole = (group: readonly ErrorDeclaration[]) =>
    commonErrors.filter((error) => toHttpStatus(error) === toHttpStatus(group[0]!)).length === group.length;

  return {
    of(route, description) {
      const own = description.errors ?? [];
      const names = new Set(own.map(toReasonName));
      const errors = [...own, ...commonErrors.filter((error) => !names.has(toReasonName(error)) && isPossible(error, route, description))];
      if (description.acceptsForm) {
        schemas.set(ownNames.oauthError, oauthErrorSchema);
        return toOAuthResponses(errors);
      }
      const isConditional = route.httpMethod !== 'GET' && findEtagPath(route) !== undefined && own.some(({ code }) => code === 'ABORTED');
      const failed: Response = {
        description: 'There is a newer version than the one in `If-Match`.',
        headers: headersOf(412),
        content: { [problemType]: { schema: { $ref: `#/components/schemas/${ownNames.problem}` } } },
      };
      return { ...toProblemResponses(errors), ...(isConditional && !errors.some((error) => toHttpStatus(error) === 412) ? { '412': failed } : {}) };
    },
    schemas: () => Object.fromEntries(schemas),
    responses: () => Object.fromEntries([...responses].sort(([one], [other]) => (one < other ? -1 : 1))),
  };
}

/** Nobody is asked for a token where anyone may call, and what has no body has none that is too large. */
function isPossible({ code, httpStatus }: ErrorDeclaration, { body }: Route, { security }: MethodDescription): boolean {
  if (code === 'UNAUTHENTICATED' || code === 'PERMISSION_DENIED') return security !== undefined;
  return (httpStatus !== 413 && httpStatus !== 415) || body !== undefined;
}

function toOAuthResponses(errors: readonly ErrorDeclaration[]): Record<string, Response> {
  const seen = errors.map((error) => ({ error, ...toOAuthError(new AppError({ ...error, metadata: {} })) }));
  const entries = [...groupByStatus(seen, ({ status }) => status)].map(([status, group]): [string, Response] => {
    const codes = [...new Set(group.map(({ body }) => body.error))];
    return [
      String(status),
      {
        description: group.map(({ error, body }) => `- \`${body.error}\`: ${error.message}`).join('\n'),
        headers: headersOf(status, errors),
        content: {
          'application/json': {
            schema: {
              allOf: [{ $ref: `#/components/schemas/${ownNames.oauthError}` }, { type: 'object', properties: { error: { type: 'string', enum: codes } } }],
            },
            example: group[0]!.body,
          },
        },
      },
    ];
  });
  return Object.fromEntries(entries);
}

function groupByStatus<T>(items: readonly T[], statusOf: (item: T) => number): [number, T[]][] {
  return [...Map.groupBy(items, statusOf)].sort(([one], [other]) => one - other);
}

/** As it is sent, without what differs from request to request. */
function toExample(error: ErrorDeclaration, errorPages: string | undefined) {
  const metadata = Object.fromEntries(error.metadata.map((name) => [name, 'text']));
  const { requestId: _, ...example } = toProblem(new AppError({ ...error, metadata }), { requestId: '', declaration: error, errorPages });
  return example;
}

/** Whether the error says by which permission it would not have been: that is told in a challenge too (RFC 6750 §3.1). */
const namesPermission = ({ metadata }: ErrorDeclaration) => metadata.includes('permission');

function headersOf(status: number, errors: readonly ErrorDeclaration[] = []): Record<string, Reference> {
  const names = [
    'X-Request-Id',
    ...(status === 401 || (status === 403 && errors.some(namesPermission)) ? ['WWW-Authenticate'] : []),
    ...(status === 429 || status === 503 || status === 409 ? ['Retry-After'] : []),
  ];
  return Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]));
}
