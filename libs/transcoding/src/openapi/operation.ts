import type { MethodDescription } from '../method-description';
import type { Route } from '../route';
import { toAnswers } from './answer-response';
import { commentOf, toSummary } from './comments';
import type { ErrorResponses } from './error-responses';
import type { MessageSchemas } from './message-schemas';
import type { Operation, Parameter, Reference } from './openapi-document';
import type { OpenApiPath } from './openapi-path';
import { toHeaderParameters, toPathParameters, toQueryParameters } from './parameters';
import { toRequestBody } from './request-body';

/** Name of the one way to authenticate. */
export const bearer = 'bearer';

export interface OperationContext {
  readonly schemas: MessageSchemas;
  readonly errors: ErrorResponses;
  readonly tag: string;
  readonly operationId: string;
  readonly path: OpenApiPath;
  readonly description: MethodDescription;
}

/** What OpenAPI says of a route. */
export function toOperation(route: Route, { schemas, errors, tag, operationId, path, description }: OperationContext): Operation {
  const { rpc } = route;
  const comment = toSummary(commentOf(rpc.descriptor));
  const isStream = rpc.requestStream || rpc.responseStream;
  const text = [
    comment.description,
    description.security ? (description.security.description ?? '') : 'Anyone may call it.',
    isStream
      ? 'Also a WebSocket with the subprotocol `json`, at the same path: a text frame holds one message, and an empty one says that no more requests follow.'
      : '',
  ].filter(Boolean);
  const parameters: (Parameter | Reference)[] = [
    ...toPathParameters(route, path, schemas),
    ...toQueryParameters(route, schemas),
    ...toHeaderParameters(route, description),
  ];
  const requestBody = toRequestBody(route, description, schemas, operationId);
  const isDeprecated = rpc.descriptor.deprecated || rpc.descriptor.parent.deprecated;
  return {
    operationId,
    tags: [tag],
    ...(comment.summary ? { summary: comment.summary } : {}),
    ...(text.length ? { description: text.join('\n\n') } : {}),
    ...(isDeprecated ? { deprecated: true } : {}),
    security: description.security ? [{ [bearer]: [...(description.security.scopes ?? [])] }] : [],
    ...(parameters.length ? { parameters } : {}),
    ...(requestBody ? { requestBody } : {}),
    responses: { ...toAnswers(route, description, schemas), ...errors.of(route, description) },
    ...(isStream ? { 'x-websocket': true } : {}),
  };
}
