import { findMaskField } from '../field-mask';
import type { MethodDescription } from '../method-description';
import { httpBody, type Route } from '../route';
import { toExample } from './example';
import type { MessageSchemas } from './message-schemas';
import type { MediaType, RequestBody, Schema } from './openapi-document';

/** Bytes of any type, as they are. */
export const rawContent: Readonly<Record<string, MediaType>> = { '*/*': { schema: { type: 'string', format: 'binary' } } };

/** The body that a route reads; undefined where it takes none. */
export function toRequestBody(route: Route, { acceptsForm }: MethodDescription, schemas: MessageSchemas, operationId: string): RequestBody | undefined {
  const { rpc, body, httpMethod } = route;
  if (body === undefined) return undefined;
  const message = body === '*' ? rpc.descriptor.input : body.message;
  if (message?.typeName === httpBody && (body === '*' || body.fieldKind === 'message')) return { required: true, content: { ...rawContent } };
  const schema = toBodySchema(route, schemas, `${operationId}Body`);
  const example = toExample(schema, schemas.components(), { direction: 'request' });
  const content: MediaType = { schema, ...(example === undefined ? {} : { example }) };
  if (rpc.requestStream)
    return {
      required: true,
      description: `A line of JSON for each request${route.template.variables.length ? '; the path counts for the first' : ''}.`,
      content: { 'application/x-ndjson': content },
    };
  const form: Record<string, MediaType> = acceptsForm
    ? { 'application/x-www-form-urlencoded': { schema: toBodySchema(route, schemas, `${operationId}Form`, { isForm: true }) } }
    : {};
  const patch: Record<string, MediaType> = httpMethod === 'PATCH' && findMaskField(route) ? { 'application/merge-patch+json': { schema } } : {};
  return { required: true, content: { 'application/json': content, ...patch, ...form } };
}

/**
 * What the path says is not in the body, but for an identifier, which it overrules, and a change need not name everything. A form
 * is open: what it has beside is passed over.
 */
function toBodySchema(route: Route, schemas: MessageSchemas, name: string, { isForm = false } = {}): Schema {
  const { rpc, body, template } = route;
  const field = body === '*' ? undefined : body;
  const message = body === '*' ? rpc.descriptor.input : body!.message;
  if (field && (field.fieldKind !== 'message' || !message || message.typeName.startsWith('google.protobuf.'))) return schemas.ofField(field, 'request');
  const prefix = field ? `${field.name}.` : '';
  const without = template.variables.flatMap(({ fieldPath }) => (fieldPath.startsWith(prefix) ? [fieldPath.slice(prefix.length)] : []));
  const isPartial = findMaskField(route) !== undefined;
  if (!without.length && !isPartial && !isForm) return schemas.ofMessage(message!, 'request');
  // of a stream, only the first request has what the path says
  return schemas.named(name, schemas.ofObject(message!, 'request', { without, isPartial, isClosed: !rpc.requestStream && !isForm }));
}
