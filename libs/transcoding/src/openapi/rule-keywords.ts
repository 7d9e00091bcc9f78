import { type DescEnum, type DescField, type FileRegistry, ScalarType } from '@bufbuild/protobuf';
import { type FieldRules, readFormNotes, readOwnNotes, toNotes, type ValueRules, valueRulesOf } from './field-rules';
import type { Schema } from './openapi-document';

/** What rules ask for, as keywords of a schema, and as sentences where JSON Schema has no keyword. */
export interface RuleKeywords {
  readonly keywords: Schema;
  readonly notes: readonly string[];
}

// rules of a string that are formats of JSON Schema
const formats: Readonly<Record<string, Schema>> = {
  email: { format: 'email' },
  hostname: { format: 'hostname' },
  ipv4: { format: 'ipv4' },
  ipv6: { format: 'ipv6' },
  ip: { anyOf: [{ format: 'ipv4' }, { format: 'ipv6' }] },
  address: { anyOf: [{ format: 'hostname' }, { format: 'ipv4' }, { format: 'ipv6' }] },
  uri: { format: 'uri' },
  uriRef: { format: 'uri-reference' },
  uuid: { format: 'uuid' },
  tuuid: { pattern: '^[0-9a-fA-F]{32}$' },
  ulid: { pattern: '^[0-7][0-9A-HJKMNP-TV-Za-hjkmnp-tv-z]{25}$' },
};

// rules that have no keyword and no other value than true
const sentences: Readonly<Record<string, string>> = {
  ltNow: 'Must be in the past.',
  gtNow: 'Must be in the future.',
  finite: 'Must be finite.',
  hostAndPort: 'Must be a host and a port.',
  ipPrefix: 'Must be an IP prefix.',
  ipv4Prefix: 'Must be an IPv4 prefix.',
  ipv6Prefix: 'Must be an IPv6 prefix.',
  ipWithPrefixlen: 'Must be an IP address with the length of its prefix.',
  ipv4WithPrefixlen: 'Must be an IPv4 address with the length of its prefix.',
  ipv6WithPrefixlen: 'Must be an IPv6 address with the length of its prefix.',
};

/** The keywords for a field, its items and its keys included. */
export function toFieldKeywords(field: DescField, rules: FieldRules, registry: FileRegistry): RuleKeywords {
  const own = valueRulesOf(rules);
  const ofValues = [own, ...[own.items, own.keys, own.values].map((each = {}) => valueRulesOf(each))];
  const notes = [...toNotes(rules.cel), ...readFormNotes(field), ...ofValues.flatMap((each) => readOwnNotes(each, registry))];
  if (field.fieldKind === 'list') {
    const items = toValueKeywords(field.enum, own.items ?? {});
    const keywords = { ...counts(own.minItems, own.maxItems, 'Items'), ...(own.unique ? { uniqueItems: true } : {}), ...nested('items', items.keywords) };
    return { keywords, notes: [...notes, ...items.notes, ...toNotes(own.items?.cel)] };
  }
  if (field.fieldKind === 'map') {
    const keys = toValueKeywords(undefined, own.keys ?? {});
    const values = toValueKeywords(field.enum, own.values ?? {});
    const keywords = {
      ...counts(own.minPairs, own.maxPairs, 'Properties'),
      ...nested('propertyNames', keys.keywords),
      ...nested('additionalProperties', values.keywords),
    };
    return { keywords, notes: [...notes, ...keys.notes, ...toNotes(own.keys?.cel), ...values.notes, ...toNotes(own.values?.cel)] };
  }
  const value = toValueKeywords(field.enum, rules);
  const keywords = rules.ignore === 'IGNORE_IF_ZERO_VALUE' && field.scalar === ScalarType.STRING ? orEmpty(value.keywords) : value.keywords;
  return { keywords, notes: [...notes, ...value.notes] };
}

/** What is left out is empty text, which answers have: the keywords, such that they take it. */
function orEmpty({ pattern, format, minLength, ...keywords }: Schema): Schema {
  const filled: Schema = { ...(format === undefined ? {} : { format }), ...(minLength === undefined ? {} : { minLength }) };
  return {
    ...keywords,
    ...(pattern === undefined ? {} : { pattern: `^$|${pattern}` }),
    ...(Object.keys(filled).length
      ? {
          anyOf: [
            { type: 'string', ...filled },
            { type: 'string', maxLength: 0 },
          ],
        }
      : {}),
  };
}

function toValueKeywords(enumeration: DescEnum | undefined, all: FieldRules): RuleKeywords {
  const rules = valueRulesOf(all);
  if (enumeration) return { keywords: toEnumKeywords(enumeration, rules), notes: [] };
  // what is counted and compared is what the text stands for
  if ('bytes' in all)
    return {
      keywords: counts(undefined, toBase64Length(rules.len ?? rules.maxLen), 'Length'),
      notes: toLengthNotes(rules.len ?? rules.minLen, rules.len ?? rules.maxLen),
    };
  const notes: string[] = [];
  const schemas: Schema[] = [];
  const { const: constant, in: allowed, notIn, pattern, example } = rules;
  if (constant !== undefined) schemas.push({ const: constant });
  if (allowed) schemas.push({ enum: allowed });
  if (notIn) schemas.push({ not: { enum: notIn } });
  for (const [name, keyword, words] of bounds) {
    const bound = rules[name];
    if (typeof bound === 'number') schemas.push({ [keyword]: bound });
    // as strings, 64-bit numbers, times and durations have an order that JSON Schema does not know
    else if (bound !== undefined) notes.push(`Must be ${words} ${bound}.`);
  }
  // a character is one byte at least
  schemas.push(counts(rules.len ?? rules.minLen, rules.len ?? rules.maxLen ?? rules.lenBytes ?? rules.maxBytes, 'Length'));
  notes.push(...toLengthNotes(rules.lenBytes ?? rules.minBytes, rules.lenBytes ?? rules.maxBytes));
  for (const [name, note] of Object.entries(sentences)) if (rules[name] === true) notes.push(note);
  if (rules.within !== undefined) notes.push(`Must be within ${String(rules.within)} of now.`);
  for (const [name, schema] of Object.entries(formats)) if (rules[name] === true) schemas.push(schema);
  const patterns = [
    pattern,
    rules.prefix && `^${escape(rules.prefix)}`,
    rules.suffix && `${escape(rules.suffix)}$`,
    rules.contains && escape(rules.contains),
  ].filter((each) => each !== undefined && each !== '');
  for (const each of patterns as string[])
    if (isPattern(each)) schemas.push({ pattern: each });
    else notes.push(`Must match \`${each}\` (RE2).`);
  if (rules.notContains) schemas.push({ not: { pattern: escape(rules.notContains) } });
  if (example) schemas.push({ examples: example });
  return { keywords: merge(schemas), notes };
}

/** The longest text that so many bytes have. */
const toBase64Length = (bytes: string | undefined): string | undefined => (bytes === undefined ? undefined : String(Math.ceil(Number(bytes) / 3) * 4));

const toLengthNotes = (min: string | undefined, max: string | undefined): string[] => [
  ...(min ? [`At least ${min} bytes long.`] : []),
  ...(max ? [`At most ${max} bytes long.`] : []),
];

const bounds = [
  ['gt', 'exclusiveMinimum', 'greater than'],
  ['gte', 'minimum', 'at least'],
  ['lt', 'exclusiveMaximum', 'less than'],
  ['lte', 'maximum', 'at most'],
] as const;

function toEnumKeywords({ values }: DescEnum, { const: constant, in: allowed, notIn }: ValueRules): Schema {
  if (constant === undefined && !allowed && !notIn) return {};
  const isTaken = (number: number) => (constant === undefined || constant === number) && (!allowed || allowed.includes(number)) && !notIn?.includes(number);
  return { enum: values.filter(({ number }) => isTaken(number)).map(({ name }) => name) };
}

/** One schema of several: a keyword that two of them have goes into `allOf`. */
function merge(schemas: readonly Schema[]): Schema {
  const merged: Schema = {};
  for (const schema of schemas)
    if (Object.keys(schema).some((keyword) => keyword in merged)) merged.allOf = [...(merged.allOf ?? []), schema];
    else Object.assign(merged, schema);
  return merged;
}

const counts = (min: string | undefined, max: string | undefined, what: string): Schema => ({
  ...(min === undefined ? {} : { [`min${what}`]: Number(min) }),
  ...(max === undefined ? {} : { [`max${what}`]: Number(max) }),
});

const nested = (keyword: string, schema: Schema): Schema => (Object.keys(schema).length ? { [keyword]: schema } : {});

const escape = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

function isPattern(text: string): boolean {
  try {
    return new RegExp(text, 'u') instanceof RegExp;
  } catch {
    return false;
  }
}
