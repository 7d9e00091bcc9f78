import type { Direction } from './message-schemas';
import type { Schema } from './openapi-document';

interface ExampleOptions {
  /** Name of the value, which says what is plausible. */
  readonly name?: string;
  readonly direction: Direction;
}

const uuid = '018f0000-0000-7000-8000-000000000001';

// the first that fits the name is taken
const plausible: readonly (readonly [RegExp, string])[] = [
  [/e-?mail$/i, 'ada@example.com'],
  [/password$/i, 'correct horse battery'],
  [/(^|access|refresh|page)_?token$/i, 'dG9rZW4'],
  [/(^id|[a-z]Id|_id)$/, uuid],
  [/display_?name$/i, 'Ada Lovelace'],
  [/etag$/i, '7'],
  [/(url|uri)$/i, 'https://example.com/'],
  [/name$/i, 'Ada'],
  [/title$/i, 'Notes'],
];
const formats: Readonly<Record<string, string>> = {
  'date-time': '2030-01-02T03:04:05Z',
  email: 'ada@example.com',
  hostname: 'example.com',
  ipv4: '192.0.2.1',
  ipv6: '2001:db8::1',
  uri: 'https://example.com/',
  'uri-reference': '/example',
  uuid,
  int64: '1',
  uint64: '1',
  binary: '',
};
const candidates = [
  uuid,
  'me',
  'Ada',
  'ada',
  'ADA',
  'ada@example.com',
  '1',
  '1.5s',
  '123456',
  'dG9rZW4',
  'https://example.com/',
  '0123456789abcdef0123456789abcdef',
  '01ARZ3NDEKTSV4RRFFQ69G5FAV',
  '+15550100',
  'en',
  'en-GB',
];

/**
 * A value that a schema takes, the same each time; undefined where none was found. Requests have nothing that is read-only
 * in them, answers nothing that is write-only.
 */
export function toExample(schema: Schema, components: Readonly<Record<string, Schema>>, options: ExampleOptions): unknown {
  return make(schema, options.name ?? '', []);

  function make(schema: Schema, name: string, above: readonly string[]): unknown {
    const { $ref, ...own } = schema;
    const target = $ref === undefined ? {} : components[$ref.slice($ref.lastIndexOf('/') + 1)];
    // a type within itself ends with the first
    if (!target || ($ref !== undefined && above.includes($ref))) return undefined;
    const within = $ref === undefined ? above : [...above, $ref];
    const whole: Schema = { ...target, ...own };
    // what several schemas ask for together is left to those who know
    if (whole.allOf?.some((part) => 'pattern' in part || 'format' in part)) return undefined;
    if (whole.const !== undefined) return whole.const;
    if (Array.isArray(whole.examples)) return whole.examples[0];
    if (whole.enum) return whole.enum.find((value) => !/_UNSPECIFIED$/.test(String(value))) ?? whole.enum[0];
    switch (Array.isArray(whole.type) ? whole.type[0] : whole.type) {
      case 'object':
        return makeObject(whole, within);
      case 'array': {
        const item = whole.items && make(whole.items, name.replace(/s$/, ''), within);
        const isEnough = item !== undefined && Number(whole.minItems ?? 0) <= 1;
        return isEnough ? [item] : Number(whole.minItems ?? 0) ? undefined : [];
      }
      case 'string':
        return makeString({ ...whole, ...(whole.anyOf as Schema[] | undefined)?.[0] }, name);
      case 'integer':
      case 'number':
        return makeNumber(whole);
      case 'boolean':
        return true;
      case 'null':
        return null;
      default:
        return undefined;
    }
  }

  function makeObject(
    { properties = {}, required = [], oneOf, allOf = [], not, additionalProperties, minProperties }: Schema,
    above: readonly string[],
  ): unknown {
    // the type of an Any is known to nobody here
    if ('@type' in properties) return undefined;
    const rivals = ((not?.anyOf as Schema[] | undefined) ?? (not ? [not] : [])).map((each) => each.required ?? []);
    const groups = [oneOf, ...allOf.map((each) => each.oneOf)].flatMap((group) => (group ? [group.flatMap((each) => each.required ?? [])] : []));
    const chosen = groups.map(([first]) => first);
    const others = groups.flatMap(([, ...rest]) => rest);
    const object: Record<string, unknown> = {};
    for (const [name, property] of Object.entries(properties)) {
      const isOther = options.direction === 'request' ? property.readOnly : property.writeOnly;
      const isRival = others.includes(name) || rivals.some((pair) => pair.includes(name) && pair.some((each) => each !== name && each in object));
      if (isOther || isRival || property.deprecated) continue;
      const value = make(property, name, above);
      if (value !== undefined) object[name] = value;
      else if (required.includes(name) || chosen.includes(name)) return undefined;
    }
    return typeof additionalProperties === 'object' && minProperties ? undefined : object;
  }
}

function makeString({ format, pattern, minLength, maxLength, contentEncoding }: Schema, name: string): string | undefined {
  const isTaken = (text: string) =>
    text.length >= Number(minLength ?? 0) && text.length <= Number(maxLength ?? Infinity) && (pattern === undefined || new RegExp(pattern, 'u').test(text));
  if (contentEncoding) return 'AAEC';
  if (format !== undefined && format in formats) return [formats[format]!].find(isTaken);
  const long = 'x'.repeat(Math.min(Number(minLength ?? 0), 256));
  const named = plausible.flatMap(([fits, text]) => (fits.test(name) ? [text] : []));
  return [...named, ...(pattern === undefined ? ['text', long, 'x'] : candidates)].find(isTaken);
}

function makeNumber({ minimum, maximum, exclusiveMinimum, exclusiveMaximum, type }: Schema): number | undefined {
  const step = type === 'integer' ? 1 : 0.5;
  const low = exclusiveMinimum === undefined ? (minimum ?? -Infinity) : Number(exclusiveMinimum) + step;
  const high = exclusiveMaximum === undefined ? (maximum ?? Infinity) : Number(exclusiveMaximum) - step;
  return [1, Number(low), Number(high)].find((number) => Number.isFinite(number) && number >= Number(low) && number <= Number(high));
}
