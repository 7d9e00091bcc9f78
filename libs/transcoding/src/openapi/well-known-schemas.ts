import type { DescMessage } from '@bufbuild/protobuf';
import type { Schema } from './openapi-document';
import { toScalarSchema } from './scalar-schemas';

const prefix = 'google.protobuf.';

const schemas: Readonly<Record<string, Schema>> = {
  Timestamp: { type: 'string', format: 'date-time' },
  Duration: { type: 'string', pattern: '^-?[0-9]+(\\.[0-9]{1,9})?s$', description: 'Seconds, with an `s` behind them.' },
  FieldMask: { type: 'string', description: 'Names of fields with commas between; `a.b` is a field of a field.' },
  Empty: { type: 'object', additionalProperties: false },
  Struct: { type: 'object', additionalProperties: true },
  Value: { description: 'Any JSON value.' },
  ListValue: { type: 'array', items: {} },
  Any: {
    type: 'object',
    properties: { '@type': { type: 'string', description: 'URL of the message type; the other properties are its fields.' } },
    required: ['@type'],
    additionalProperties: true,
  },
};

/** How canonical JSON writes a well-known type; undefined for any other message. */
export function findWellKnownSchema({ typeName, fields }: DescMessage): Schema | undefined {
  if (!typeName.startsWith(prefix)) return undefined;
  const name = typeName.slice(prefix.length);
  if (name in schemas) return { ...schemas[name] };
  const wrapped = /^[A-Z]\w+Value$/.test(name) ? fields[0]?.scalar : undefined;
  if (wrapped === undefined) return undefined;
  const schema = toScalarSchema(wrapped);
  return { ...schema, type: [schema.type as string, 'null'] };
}
