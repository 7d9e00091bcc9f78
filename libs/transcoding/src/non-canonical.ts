import { type DescField, type DescMessage, type JsonValue, ScalarType } from '@bufbuild/protobuf';
import type { FieldViolation } from '@gatehouse/errors';
import { toFieldText } from './json-violations';

const timestamp = 'google.protobuf.Timestamp';
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
export function findNonCanonical(message: DescMessage, json: JsonValue, path = ''): FieldViolation[] {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) return [];
  return message.fields.flatMap((field) => {
    const key = [field.jsonName, field.name].find((name) => Object.hasOwn(json, name));
    const value = key === undefined ? null : json[key]!;
    if (value === null) return [];
    return itemsOf(field, value, `${path}${key}`).flatMap(([item, at]) => {
      if (typeof item === 'string') {
        const problem = findProblem(field, item);
        return problem ? [{ field: toFieldText(at), description: problem, reason: 'json.type' }] : [];
      }
      return field.message && !field.message.typeName.startsWith('google.protobuf.') ? findNonCanonical(field.message, item, `${at}.`) : [];
    });
  });
}

/** The single values in the value of a field, with their paths. */
function itemsOf(field: DescField, value: JsonValue, path: string): [JsonValue, string][] {
  if (field.fieldKind === 'list') return Array.isArray(value) ? value.map((item, index) => [item, `${path}[${index}]`]) : [];
  if (field.fieldKind === 'map') return Object.entries(value as object).map(([key, item]) => [item, `${path}[${JSON.stringify(key)}]`]);
  return [[value, path]];
}

function findProblem(field: DescField, text: string): string | undefined {
  if (field.message?.typeName === timestamp) return isImpossible(text) ? 'is a time that there is not' : undefined;
  const scalar = scalarOf(field);
  if (scalar === undefined) return undefined;
  const form = scalar in forms ? forms[scalar] : numberForm;
  return form && !form.isCanonical(text) ? form.description : undefined;
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
