import { type DescField, type DescMessage, type JsonObject, type JsonValue, ScalarType } from '@bufbuild/protobuf';
import type { FieldViolation } from '@gatehouse/errors';
import { scalarOf } from './non-canonical';
import { findField } from './route';

/** Text that a path, a query, a form or a header gives for the field at a path. */
export interface FieldText {
  readonly path: string;
  readonly values: readonly string[];
  /** Takes the place of what the field had. */
  readonly replaces?: boolean;
}

/** Puts the text where its field belongs in the JSON of the request. Said twice alike, it is said once. */
export function putText(json: JsonObject, schema: DescMessage, { path, values, replaces = false }: FieldText, violations: FieldViolation[]): void {
  const names = path.split('.');
  let target = json;
  let message = schema;
  for (const name of names.slice(0, -1)) {
    const field = findField(message, name)!;
    const key = keyOf(target, field);
    if (!Object.hasOwn(target, key) || target[key] === null) target[key] = {};
    const next = target[key];
    // a wrong type, which is told when the whole is read
    if (typeof next !== 'object' || next === null || Array.isArray(next)) return;
    target = next;
    message = field.message!;
  }
  const field = findField(message, names.at(-1)!)!;
  const key = keyOf(target, field);
  const converted = values.map((value) => toJsonText(field, value));
  const value = field.fieldKind === 'list' ? converted : converted[0]!;
  const isTwice = (Object.hasOwn(target, key) && !replaces && target[key] !== value) || (field.fieldKind !== 'list' && values.length > 1);
  if (isTwice) violations.push({ field: path, description: 'is given twice', reason: 'field.twice' });
  else target[key] = value;
}

/** The name by which the object has the field, or would have it. */
const keyOf = (json: JsonObject, field: DescField): string =>
  !Object.hasOwn(json, field.jsonName) && Object.hasOwn(json, field.name) ? field.name : field.jsonName;

/** proto3 JSON takes numbers as text, but no booleans, and enums by number only as numbers; masks only in lowerCamelCase. */
function toJsonText(field: DescField, text: string): JsonValue {
  if (scalarOf(field) === ScalarType.BOOL && (text === 'true' || text === 'false')) return text === 'true';
  if (field.enum && /^-?\d{1,10}$/.test(text)) return Number(text);
  if (field.message?.typeName === 'google.protobuf.FieldMask') return text.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
  return text;
}
