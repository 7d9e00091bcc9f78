import type { DescMessage, JsonValue } from '@bufbuild/protobuf';
import type { FieldViolation } from '@gatehouse/errors';

const timestamp = 'google.protobuf.Timestamp';
const holding = new WeakMap<DescMessage, boolean>();

/** Whether a message can hold a Timestamp, at any depth. */
function holdsTimestamp(message: DescMessage): boolean {
  const known = holding.get(message);
  if (known !== undefined) return known;
  holding.set(message, false); // while its own fields are looked at: a message may hold itself
  const holds = message.fields.some((field) => field.message && (field.message.typeName === timestamp || holdsTimestamp(field.message)));
  holding.set(message, holds);
  return holds;
}

/** Whether the day or hour is one that the calendar does not have; `Date` would take 30 February for 2 March. */
function isImpossible(text: string): boolean {
  const [, year, month, day, hour] = /^(\d{4})-(\d\d)-(\d\d)T(\d\d)/.exec(text) ?? [];
  if (year === undefined) return false;
  const date = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day)));
  date.setUTCFullYear(Number(year), Number(month) - 1, Number(day));
  return date.getUTCDate() !== Number(day) || Number(hour) > 23;
}

/** Timestamps in an otherwise readable request that name a time there is not. */
export function findImpossibleTimes(message: DescMessage, json: JsonValue, path = ''): FieldViolation[] {
  if (typeof json !== 'object' || json === null || Array.isArray(json) || !holdsTimestamp(message)) return [];
  return message.fields.flatMap((field) => {
    const value = json[field.jsonName] ?? json[field.name];
    if (!field.message || value === undefined || value === null) return [];
    const at = `${path}${field.jsonName}`;
    const items: [JsonValue, string][] = Array.isArray(value)
      ? value.map((item, index) => [item, `${at}[${index}]`])
      : field.fieldKind === 'map'
        ? Object.entries(value).map(([key, item]) => [item, `${at}[${JSON.stringify(key)}]`])
        : [[value, at]];
    return items.flatMap(([item, where]) => {
      if (field.message!.typeName !== timestamp) return findImpossibleTimes(field.message!, item, `${where}.`);
      return typeof item === 'string' && isImpossible(item) ? [{ field: where, description: 'is a time that there is not', reason: 'json.type' }] : [];
    });
  });
}
