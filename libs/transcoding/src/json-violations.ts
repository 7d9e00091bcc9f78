import { type DescEnum, type DescField, type DescMessage, fromJson, type JsonReadOptions, type JsonValue, ScalarType } from '@bufbuild/protobuf';
import type { FieldViolation } from '@gatehouse/errors';

/** Violations that one answer names at most. */
export const maxViolations = 20;
const maxDepth = 64;

/** A path that the caller chose, cut to a length that fits into an answer. */
export const toFieldText = (path: string): string => path.slice(0, 200).toWellFormed();

const numberNames: Partial<Record<ScalarType, string>> = {
  [ScalarType.INT32]: 'a 32-bit integer',
  [ScalarType.SINT32]: 'a 32-bit integer',
  [ScalarType.SFIXED32]: 'a 32-bit integer',
  [ScalarType.UINT32]: 'an unsigned 32-bit integer',
  [ScalarType.FIXED32]: 'an unsigned 32-bit integer',
  [ScalarType.INT64]: 'a 64-bit integer',
  [ScalarType.SINT64]: 'a 64-bit integer',
  [ScalarType.SFIXED64]: 'a 64-bit integer',
  [ScalarType.UINT64]: 'an unsigned 64-bit integer',
  [ScalarType.FIXED64]: 'an unsigned 64-bit integer',
  [ScalarType.STRING]: 'a string',
  [ScalarType.BOOL]: 'true or false',
  [ScalarType.BYTES]: 'a base64 string',
};

const toEnumText = ({ values }: DescEnum) =>
  `one of ${values
    .slice(0, 10)
    .map(({ name }) => name)
    .join(', ')}${values.length > 10 ? ', …' : ''}`;

/** Whether a type has a JSON form of its own. */
export const isWellKnown = ({ typeName }: DescMessage) => typeName.startsWith('google.protobuf.');

/** A value that any map with such values takes; undefined where there is no simple one. */
function sampleOf({ message, enum: enumeration, scalar }: DescField): JsonValue | undefined {
  if (message) return isWellKnown(message) ? undefined : {};
  if (enumeration) return 0;
  return scalar === ScalarType.BOOL ? false : scalar === ScalarType.STRING || scalar === ScalarType.BYTES ? '' : 0;
}

function toExpectation(field: DescField): string {
  const type = field.enum ? toEnumText(field.enum) : field.message ? `${field.message.typeName} in its JSON form` : (numberNames[field.scalar!] ?? 'a number');
  return `must be ${type}`;
}

/**
 * Says what is wrong with a JSON value that `fromJson` refused: the paths, in JSON names, and what would be right; never the
 * value. It runs after a refusal alone, so that accepted requests pay nothing.
 */
export function explainRefusal(schema: DescMessage, json: JsonValue, options: Partial<JsonReadOptions>): FieldViolation[] {
  const violations: FieldViolation[] = [];
  const add = (field: string, description: string, reason: string) => {
    if (violations.length < maxViolations) violations.push({ field: toFieldText(field), description, reason });
  };
  const isRefused = (message: DescMessage, value: JsonValue) => {
    try {
      fromJson(message, value, options);
      return false;
    } catch {
      return true;
    }
  };
  /** Says at least one thing of `value` or of what is in it. */
  const visit = (message: DescMessage, value: JsonValue, path: string, depth: number): void => {
    const before = violations.length;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return add(path, 'must be an object', 'json.type');
    const right: { field: DescField; key: string; item: JsonValue }[] = [];
    for (const [key, item] of Object.entries(value)) {
      if (violations.length >= maxViolations) return;
      const field = message.fields.find(({ jsonName, name }) => jsonName === key || name === key);
      const at = path ? `${path}.${key}` : key;
      if (!field) add(at, 'is not a field of the request', 'json.unknown_field');
      else if (isRefused(message, { [key]: item })) visitField(message, field, key, item, at, depth);
      else {
        // right alone, it may be the same field by its other name, or another one of its oneof
        const rival = right.find((each) => each.field === field || (field.oneof && each.field.oneof === field.oneof));
        if (rival && isRefused(message, { [rival.key]: rival.item, [key]: item }))
          add(at, rival.field === field ? 'is given twice, by both of its names' : `excludes "${rival.key}"`, 'json.conflict');
        else right.push({ field, key, item });
      }
    }
    if (violations.length === before) add(path, 'cannot be read', 'json.type');
  };
  const visitField = (message: DescMessage, field: DescField, key: string, value: JsonValue, path: string, depth: number): void => {
    const isNested = field.message && !isWellKnown(field.message) && depth < maxDepth;
    if (field.fieldKind === 'list') {
      if (!Array.isArray(value)) return add(path, 'must be a list', 'json.type');
      value.forEach((item, index) => {
        if (violations.length >= maxViolations || !isRefused(message, { [key]: [item] })) return;
        if (isNested) visit(field.message!, item, `${path}[${index}]`, depth + 1);
        else add(`${path}[${index}]`, toExpectation(field), 'json.type');
      });
    } else if (field.fieldKind === 'map') {
      if (typeof value !== 'object' || value === null || Array.isArray(value)) return add(path, 'must be an object', 'json.type');
      const sample = sampleOf(field);
      const before = violations.length;
      for (const [name, item] of Object.entries(value)) {
        const at = `${path}[${JSON.stringify(name)}]`;
        if (violations.length >= maxViolations || !isRefused(message, { [key]: { [name]: item } })) continue;
        // the key alone, with a value that is right
        if (sample !== undefined && isRefused(message, { [key]: { [name]: sample } })) add(at, 'has a key of the wrong type', 'json.type');
        else if (isNested && typeof item === 'object' && item !== null) visit(field.message!, item, at, depth + 1);
        else add(at, toExpectation(field), 'json.type');
      }
      if (violations.length === before) add(path, 'has a key twice, in two ways of writing it', 'json.conflict');
    } else if (isNested) visit(field.message!, value, path, depth + 1);
    else add(path, toExpectation(field), 'json.type');
  };
  visit(schema, json, '', 0);
  return violations;
}
