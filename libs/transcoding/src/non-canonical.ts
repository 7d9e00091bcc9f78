import { type DescField, type DescMessage, type JsonValue, type Registry, ScalarType } from '@bufbuild/protobuf';
import type { FieldViolation } from '@gatehouse/errors';
import { isWellKnown, toFieldText } from './json-violations';

const timestamp = 'google.protobuf.Timestamp';
const any = 'google.protobuf.Any';
const impossible = 'is a time that there is not';
const bigIntegers: ReadonlySet<ScalarType> = new Set([ScalarType.INT64, ScalarType.SINT64, ScalarType.SFIXED64, ScalarType.UINT64, ScalarType.FIXED64]);
const isNumberText = (text: string) => /^(-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?|NaN|-?Infinity)$/.test(text);
const isBase64 = (text: string) => /^[A-Za-z0-9+/_-]*={0,2}$/.test(text);
/** How the text of a scalar must look; every type that is not here is a number. */
const forms: Partial<Record<ScalarType, { isCanonical: (text: string) => boolean; description: string }>> = {
  [ScalarType.STRING]: undefined,
  [ScalarType.BOOL]: undefined,
  [ScalarType.BYTES]: { isCanonical: isBase64, description: 'must be a base64 string' },
};
const numberForm = { isCanonical: isNumberText, description: 'must be a number in decimal digits' };

/**
 * What `fromJson` takes though it is not in the canonical form and may mean something else: numbers and bytes in a form
 * that no encoder writes, and times that the calendar does not have.
 */
export function findNonCanonical(message: DescMessage, json: JsonValue, registry: Registry, path = ''): FieldViolation[] {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) return [];
  return message.fields.flatMap((field) => {
    const key = [field.jsonName, field.name].find((name) => Object.hasOwn(json, name));
    const value = key === undefined ? null : json[key]!;
    if (value === null) return [];
    const at = `${path}${key}`;
    return [...findWrongKeys(field, value, at), ...itemsOf(field, value, at).flatMap(([item, itemAt]) => findInItem(field, item, registry, itemAt))];
  });
}

function findInItem(field: DescField, item: JsonValue, registry: Registry, path: string): FieldViolation[] {
  const problem = findProblem(field, item);
  if (problem) return [{ field: toFieldText(path), description: problem, reason: 'json.type' }];
  if (field.message?.typeName === any) return findInAny(item, registry, path);
  return field.message && !isWellKnown(field.message) ? findNonCanonical(field.message, item, registry, `${path}.`) : [];
}

/** The type that an Any names says what its other members are; a well-known type has one, `value`. */
function findInAny(json: JsonValue, registry: Registry, path: string): FieldViolation[] {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) return [];
  const type = registry.getMessage(String(json['@type']).replace(/^.*\//, ''));
  if (!type) return [];
  if (!isWellKnown(type)) return findNonCanonical(type, json, registry, `${path}.`);
  const isWrong = type.typeName === timestamp && typeof json['value'] === 'string' && isImpossible(json['value']);
  return isWrong ? [{ field: toFieldText(`${path}.value`), description: impossible, reason: 'json.type' }] : [];
}

/** Keys are text in JSON, whatever they are in the contract. */
function findWrongKeys(field: DescField, value: JsonValue, path: string): FieldViolation[] {
  if (field.fieldKind !== 'map' || field.mapKey === ScalarType.STRING || field.mapKey === ScalarType.BOOL) return [];
  return Object.keys(value as object)
    .filter((key) => !/^(0|-?[1-9]\d*)$/.test(key))
    .map((key) => ({
      field: toFieldText(`${path}[${JSON.stringify(key)}]`),
      description: 'must have a whole number in decimal digits as its key',
      reason: 'json.type',
    }));
}

/** The single values in the value of a field, with their paths. */
function itemsOf(field: DescField, value: JsonValue, path: string): [JsonValue, string][] {
  if (field.fieldKind === 'list') return Array.isArray(value) ? value.map((item, index) => [item, `${path}[${index}]`]) : [];
  if (field.fieldKind === 'map') return Object.entries(value as object).map(([key, item]) => [item, `${path}[${JSON.stringify(key)}]`]);
  return [[value, path]];
}

function findProblem(field: DescField, item: JsonValue): string | undefined {
  const scalar = scalarOf(field);
  // a fraction or an exponent may have hidden what the double has lost
  if (typeof item === 'number' && scalar !== undefined && bigIntegers.has(scalar) && !Number.isSafeInteger(item))
    return 'must be a string of digits, as no JSON number holds it';
  if (typeof item !== 'string') return undefined;
  if (field.message?.typeName === timestamp) return isImpossible(item) ? impossible : undefined;
  if (scalar === undefined) return undefined;
  const form = scalar in forms ? forms[scalar] : numberForm;
  return form && !form.isCanonical(item) ? form.description : undefined;
}

/** The scalar type of a field, or of what its wrapper wraps. */
export const scalarOf = (field: DescField): ScalarType | undefined =>
  field.scalar ?? (/^google\.protobuf\.\w+Value$/.test(field.message?.typeName ?? '') ? field.message!.fields[0]?.scalar : undefined);

/** Whether the day or hour is one that the calendar does not have; `Date` would take 30 February for 2 March. */
function isImpossible(text: string): boolean {
  const [, year, month, day, hour] = /^(\d{4})-(\d\d)-(\d\d)T(\d\d)/.exec(text) ?? [];
  if (year === undefined) return false;
  const date = new Date(0);
  date.setUTCFullYear(Number(year), Number(month) - 1, Number(day));
  return date.getUTCDate() !== Number(day) || Number(hour) > 23;
}
