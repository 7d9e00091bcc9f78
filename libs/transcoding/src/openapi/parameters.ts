import type { DescField, DescMessage } from '@bufbuild/protobuf';
import type { MethodDescription } from '../method-description';
import { findEtagPath, hasEtag, hasRequestId } from '../preconditions';
import { findField, isNestedMessage, type Route } from '../route';
import { commentOf } from './comments';
import { toExample } from './example';
import type { MessageSchemas } from './message-schemas';
import type { Parameter, Reference, Schema } from './openapi-document';
import type { OpenApiPath } from './openapi-path';

/** The parameters in the path of a route. */
export function toPathParameters({ rpc }: Route, { slots }: OpenApiPath, schemas: MessageSchemas): Parameter[] {
  return slots.map(({ name, fieldPath, inner, isOpen }) => {
    const field = fieldPath === undefined ? undefined : findField(rpc.descriptor.input, fieldPath);
    const isWhole = inner === '*' || inner === '**';
    const {
      description,
      readOnly: _,
      ...schema
    }: Schema = field && isWhole ? schemas.ofField(field, 'request') : { type: 'string', description: field && commentOf(field) };
    const text = [
      description,
      isWhole ? '' : `It is the part of \`${field!.jsonName}\` in its place: \`${inner}\`.`,
      isOpen ? 'May be several segments; their slashes are written as they are.' : '',
    ];
    const pattern = isOpen || schema.type !== 'string' || hasForm(schema) ? {} : { pattern: '^[^/]+$' };
    const words = text.filter(Boolean).join(' ');
    return withExample({ name, in: 'path', required: true, ...(words ? { description: words } : {}), schema: { ...schema, ...pattern } }, schemas);
  });
}

const hasForm = (schema: Schema) => ['pattern', 'format', 'enum', 'const', 'allOf', 'anyOf'].some((keyword) => keyword in schema);

/** The fields of a request that are neither in its path nor in its body, but for those that a query cannot say. */
export function toQueryParameters({ rpc, body, template }: Route, schemas: MessageSchemas): Parameter[] {
  if (body === '*') return [];
  const bound = new Set(template.variables.map(({ fieldPath }) => canonicalPath(rpc.descriptor.input, fieldPath)));
  const visit = (message: DescMessage, prefix: string, isCertain: boolean, above: readonly DescMessage[]): Parameter[] =>
    message.fields.flatMap((field): Parameter[] => {
      const name = prefix + field.jsonName;
      if (field === body || bound.has(name) || field.fieldKind === 'map') return [];
      const isNeeded = isCertain && schemas.isRequired(field);
      if (field.fieldKind === 'message' && isNestedMessage(field)) {
        // a type within itself could go on for ever
        const isEndless = field.message.typeName.startsWith('google.protobuf.') || above.includes(field.message);
        return isEndless ? [] : visit(field.message, `${name}.`, isNeeded, [...above, field.message]);
      }
      if (isNestedMessage(field)) return [];
      const { description, deprecated, readOnly: _, ...schema } = schemas.ofField(field, 'request');
      return [
        withExample(
          {
            name,
            in: 'query',
            ...(isNeeded ? { required: true } : {}),
            ...(description ? { description } : {}),
            ...(deprecated ? { deprecated } : {}),
            ...(field.fieldKind === 'list' ? { style: 'form', explode: true } : {}),
            schema,
          },
          schemas,
        ),
      ];
    });
  return visit(rpc.descriptor.input, '', true, [rpc.descriptor.input]);
}

/** The headers that say something of the request's fields. */
export function toHeaderParameters(route: Route, { cursor, cache }: MethodDescription): Reference[] {
  const isStream = route.rpc.requestStream || route.rpc.responseStream;
  const names = [
    ...(route.httpMethod === 'GET' && !isStream && (hasEtag(route) || cache) ? ['If-None-Match'] : []),
    ...(route.httpMethod !== 'GET' && findEtagPath(route) ? ['If-Match'] : []),
    ...(hasRequestId(route) ? ['Idempotency-Key'] : []),
    ...(cursor ? ['Last-Event-ID'] : []),
  ];
  return names.map((name) => ({ $ref: `#/components/parameters/${name}` }));
}

/** The headers of requests, as components. */
export const headerParameters: Readonly<Record<string, Parameter>> = {
  'If-Match': header(
    'If-Match',
    'The `ETag` of the version that the call is meant for; if there is a newer one, nothing happens. It is the `etag` of the request.',
    '"7"',
  ),
  'If-None-Match': header('If-None-Match', 'The `ETag` of a version that the caller has; the answer is 304 if that is still the one.', '"7"'),
  'Idempotency-Key': header('Idempotency-Key', 'Makes the call safe to repeat. It is the `requestId` of the request.', '018f0000-0000-7000-8000-000000000001'),
  'Last-Event-ID': header('Last-Event-ID', 'The id of the last event that was seen; the stream goes on after it.', '42'),
};

function header(name: string, description: string, example: string): Parameter {
  return { name, in: 'header', description, schema: { type: 'string' }, example };
}

function withExample(parameter: Parameter, schemas: MessageSchemas): Parameter {
  // one that need not be there is better left out than made up
  const example = parameter.required ? toExample(parameter.schema, schemas.components(), { name: parameter.name, direction: 'request' }) : undefined;
  return example === undefined ? parameter : { ...parameter, example };
}

const canonicalPath = (message: DescMessage, path: string): string => {
  const names: string[] = [];
  let schema: DescMessage | undefined = message;
  for (const name of path.split('.')) {
    const field: DescField | undefined = schema?.fields.find((each) => each.name === name || each.jsonName === name);
    names.push(field?.jsonName ?? name);
    schema = field?.message;
  }
  return names.join('.');
};
