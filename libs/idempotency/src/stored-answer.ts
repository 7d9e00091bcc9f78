import { type DescMessage, getOption } from '@bufbuild/protobuf';
import { sensitive } from '@gatehouse/contracts/api';

/**
 * Path of what must not be stored in an answer of this type: a field that the contract calls sensitive, or one that may hold
 * any message; undefined when there is none. Messages inside of it count.
 */
export function findSensitivePath(schema: DescMessage, seen: ReadonlySet<DescMessage> = new Set()): string | undefined {
  for (const field of schema.fields) {
    if (getOption(field, sensitive) || field.message?.typeName === 'google.protobuf.Any') return field.name;
    if (!field.message || seen.has(field.message)) continue;
    const inner = findSensitivePath(field.message, new Set([...seen, schema, field.message]));
    if (inner) return `${field.name}.${inner}`;
  }
  return undefined;
}
