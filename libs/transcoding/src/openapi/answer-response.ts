import type { MethodDescription } from '../method-description';
import { hasEtag } from '../preconditions';
import { isRaw } from '../render';
import type { Route } from '../route';
import { toExample } from './example';
import type { MessageSchemas } from './message-schemas';
import type { MediaType, Reference, Response, Schema } from './openapi-document';
import { rawContent } from './request-body';
import { ownNames } from './schema-names';

/** The headers of answers, as components. */
export const answerHeaders: Readonly<Record<string, { description: string; schema: Schema }>> = {
  'X-Request-Id': { description: 'Id of the request, by which logs and traces are found.', schema: { type: 'string' } },
  ETag: { description: 'Version of what is answered, for `If-Match` and `If-None-Match`.', schema: { type: 'string' } },
  'Cache-Control': { description: 'For how long anybody may keep the answer.', schema: { type: 'string' } },
  'Retry-After': { description: 'Seconds after which a retry may succeed.', schema: { type: 'integer', minimum: 0 } },
  'WWW-Authenticate': { description: 'How to authenticate, or what the token does not permit (RFC 6750, RFC 9470).', schema: { type: 'string' } },
};

/** The answers of a route that went well. */
export function toAnswers(route: Route, description: MethodDescription, schemas: MessageSchemas): Record<string, Response> {
  const { rpc, responseBody, httpMethod } = route;
  const isOne = !rpc.responseStream;
  const hasVersion = isOne && !isRaw(route) && (hasEtag(route) || description.cache !== undefined);
  const names = ['X-Request-Id', ...(hasVersion ? ['ETag'] : []), ...(hasVersion && description.cache ? ['Cache-Control'] : [])];
  const headers = Object.fromEntries(names.map((name): [string, Reference] => [name, { $ref: `#/components/headers/${name}` }]));
  const answer = (text: string, content: Record<string, MediaType>): Response => ({ description: text, headers, content });
  if (isRaw(route))
    return {
      '200': answer(isOne ? 'The bytes, with the media type that they have.' : 'The bytes as they come, with the media type that they have.', {
        ...rawContent,
      }),
    };
  const schema = responseBody ? schemas.ofField(responseBody, 'response') : schemas.ofMessage(rpc.descriptor.output, 'response');
  const example = toExample(schema, schemas.components(), { direction: 'response' });
  if (!isOne) return { '200': answer(toStreamText(description), toStreamContent(schema, example)) };
  return {
    '200': answer('OK', { 'application/json': { schema, ...(example === undefined ? {} : { example }) } }),
    ...(hasVersion && httpMethod === 'GET' ? { '304': { description: 'The caller has this version.', headers } } : {}),
  };
}

/** OpenAPI 3.1 has no word for a sequence: the schema is that of one line, or of the text of the events. */
function toStreamContent(result: Schema, example: unknown): Record<string, MediaType> {
  const line: Schema = {
    description: 'One line of the stream.',
    oneOf: [
      { type: 'object', required: ['result'], properties: { result }, additionalProperties: false },
      { type: 'object', required: ['error'], properties: { error: { $ref: `#/components/schemas/${ownNames.problem}` } }, additionalProperties: false },
    ],
  };
  return {
    'application/x-ndjson': { schema: line, ...(example === undefined ? {} : { example: { result: example } }) },
    'text/event-stream': {
      schema: {
        type: 'string',
        description: 'Server-sent events. The `data` of each is a response; the last event is `end`, or `problem` with the error as its `data`.',
      },
    },
  };
}

function toStreamText({ cursor, isLongLived }: MethodDescription): string {
  return [
    'A stream: a line of JSON for each response, `{"result": …}`, and `{"error": …}` as the last one if it failed. Whose `Accept` prefers `text/event-stream` gets events.',
    cursor ? 'The id of an event is where the stream can be taken up again with `Last-Event-ID`.' : '',
    isLongLived ? 'It goes on until one side ends it.' : '',
  ]
    .filter(Boolean)
    .join(' ');
}
