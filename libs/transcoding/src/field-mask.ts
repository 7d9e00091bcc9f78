import { create, type DescField, type DescMessage, type FileRegistry, type JsonObject, type JsonValue, type Message } from '@bufbuild/protobuf';
import { FieldMaskSchema } from '@bufbuild/protobuf/wkt';
import { reflect } from '@bufbuild/protobuf/reflect';
import { hasBehavior } from './field-behavior';
import type { Route } from './route';

/** The field that says what a PATCH changes: the request's one FieldMask, where the body is another of its fields. */
export function findMaskField({ httpMethod, body, rpc }: Route): DescField | undefined {
  if (httpMethod !== 'PATCH' || typeof body !== 'object' || !body.message) return undefined;
  const masks = rpc.descriptor.input.fields.filter((field) => field.fieldKind === 'message' && field.message.typeName === 'google.protobuf.FieldMask');
  return masks.length === 1 ? masks[0] : undefined;
}

/** Says in the request what the body sets, unless the caller said it (AIP-134, "automatic field mask"). */
export function fillMask(route: Route, message: Message, body: JsonValue | undefined, registry: FileRegistry): void {
  const field = findMaskField(route);
  const request = reflect(route.rpc.descriptor.input, message);
  if (!field || request.isSet(field) || typeof route.body !== 'object' || !isObject(body)) return;
  // what the path says is which resource is meant, and no change
  const named = new Set(route.template.variables.map(({ fieldPath }) => fieldPath));
  const { name } = route.body;
  const paths = toPaths(route.body.message!, body, registry).filter((path) => !named.has(`${name}.${path}`));
  request.set(field, reflect(FieldMaskSchema, create(FieldMaskSchema, { paths })));
}

/** The paths that a JSON object sets: down to the leaves of messages, not into maps, lists and well-known types. */
function toPaths(schema: DescMessage, json: JsonObject, registry: FileRegistry, prefix = ''): string[] {
  return Object.entries(json).flatMap(([key, value]) => {
    const field = schema.fields.find(({ jsonName, name }) => jsonName === key || name === key);
    // what only the service sets is no change (AIP-203), nor is what says which resource and which version is meant
    if (!field || hasBehavior(field, 'OUTPUT_ONLY', registry) || hasBehavior(field, 'IDENTIFIER', registry) || (prefix === '' && field.name === 'etag'))
      return [];
    const path = prefix + field.name;
    const isNested = field.fieldKind === 'message' && !field.message.typeName.startsWith('google.protobuf.');
    return isNested && isObject(value) && Object.keys(value).length ? toPaths(field.message, value, registry, `${path}.`) : [path];
  });
}

const isObject = (json: JsonValue | undefined): json is JsonObject => typeof json === 'object' && json !== null && !Array.isArray(json);
