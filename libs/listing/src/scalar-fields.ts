import type { Comparison, Literal, Operator } from './filter';
import type { Field, SortKey } from './fields';
import { refuseFilter } from './filter-limits';
import { prefixRange } from './prefix-range';
import type { Bind } from './sql';
import { toUtcTime } from './timestamp-literal';

export interface ScalarOptions {
  /** List requests may order by it. The column is NOT NULL. */
  readonly sortable?: boolean;
}

export interface TextOptions extends ScalarOptions {
  /**
   * `ascii`: A to Z are compared as a to z, by `lower(column collate "C")`. `all`: all letters are, as the locale of the database has
   * them, by `lower(column) collate "C"`.
   */
  readonly ignoreCase?: 'ascii' | 'all';
}

interface ScalarType {
  /** Gives its value. */
  readonly expression: string;
  /** Type of the placeholders. */
  readonly cast: string;
  /** What a placeholder is compared as. Default: the value as it is. */
  toOperand?(placeholder: string): string;
  readonly asText?: string;
  readonly operators: readonly Operator[];
  /** What its values look like, as the caller reads it. */
  readonly expected: string;
  /** Undefined where the text is no value of this type. */
  read(text: string): unknown;
  /** Where values that begin with a text can be asked for. */
  comparePrefix?(prefix: string, bind: Bind): string;
}

const equality: readonly Operator[] = ['=', '!='];
const ordered: readonly Operator[] = [...equality, '<', '<=', '>', '>='];

/** Text: `=`, `!=`, the order of its code points, and what it begins with, `name = "Ad*"`. */
export function text(column: string, { ignoreCase, sortable }: TextOptions = {}): Field {
  if (ignoreCase === 'all') return foldedText(column, sortable);
  const inC = `${column} collate "C"`;
  const toKey = (value: string) => (ignoreCase ? value.replace(/[A-Z]+/g, (letters) => letters.toLowerCase()) : value);
  const expression = ignoreCase ? `lower(${inC})` : `(${inC})`;
  const comparePrefix = (prefix: string, bind: Bind) => prefixRange(expression, toKey(prefix), bind);
  return scalar({ expression, cast: 'text', operators: ordered, expected: 'text', read: toKey, comparePrefix }, sortable);
}

/** Only the database knows how it folds letters, so it folds what is asked for too. */
function foldedText(column: string, sortable: boolean | undefined): Field {
  const expression = `(lower(${column}) collate "C")`;
  const toOperand = (placeholder: string) => `(lower(${placeholder}) collate "C")`;
  const comparePrefix = (prefix: string, bind: Bind) => {
    const begin = toOperand(`${bind(prefix)}::text`);
    // the last of the code points, which is no character
    return `(${expression} >= ${begin} and ${expression} < ${begin} || ${bind('\u{10ffff}')}::text)`;
  };
  return scalar({ expression, cast: 'text', toOperand, operators: ordered, expected: 'text', read: (value) => value, comparePrefix }, sortable);
}

/** A UUID, in upper or lower case: `=` and `!=`. */
export const uuid = (column: string, { sortable }: ScalarOptions = {}): Field =>
  scalar(
    {
      expression: column,
      cast: 'uuid',
      operators: equality,
      expected: 'a UUID: 01234567-89ab-cdef-0123-456789abcdef',
      read: (value) => (/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i.test(value) ? value.toLowerCase() : undefined),
    },
    sortable,
  );

/** A timestamptz, compared with times of RFC 3339; infinity is no value of it. */
export const timestamp = (column: string, { sortable }: ScalarOptions = {}): Field =>
  scalar(
    {
      expression: column,
      cast: 'timestamptz',
      asText: `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`,
      operators: ordered,
      expected: 'a time by RFC 3339 with at most microseconds: "2026-01-31T08:00:00Z"',
      read: toUtcTime,
    },
    sortable,
  );

/** A bigint or what is smaller. */
export const integer = (column: string, { sortable }: ScalarOptions = {}): Field =>
  scalar({ expression: column, cast: 'bigint', operators: ordered, expected: 'a whole number of 64 bits: 42', read: toInt64 }, sortable);

/** A double precision. */
export const number = (column: string, { sortable }: ScalarOptions = {}): Field =>
  scalar({ expression: column, cast: 'double precision', operators: ordered, expected: 'a number: 4.2 or 4.2e1', read: toDouble }, sortable);

/** `true` or `false`: `=` and `!=`. */
export const boolean = (column: string): Field =>
  scalar({
    expression: column,
    cast: 'boolean',
    operators: equality,
    expected: 'true or false',
    read: (value) => (value === 'true' || value === 'false' ? value === 'true' : undefined),
  });

/**
 * An enum that is kept as text: `=` and `!=`.
 * @param values what is kept of each value of the proto, by its name; what the names begin with alike may be left out in filters
 */
export function enumeration(column: string, values: Readonly<Record<string, string>>): Field {
  const names = Object.keys(values);
  const prefix = commonPrefix(names);
  const byName = new Map(Object.entries(values).flatMap(([name, value]) => [[name, value] as const, [name.slice(prefix.length), value] as const]));
  const expected = `one of ${names.map((name) => name.slice(prefix.length)).join(', ')}`;
  return scalar({ expression: column, cast: 'text', operators: equality, expected, read: (name) => byName.get(name) });
}

function scalar(type: ScalarType, sortable = false): Field {
  const { expression, cast, asText = `${expression}::text` } = type;
  const sort: SortKey = { expression, asText, cast };
  return { compare: (comparison, bind) => compareScalar(type, comparison, bind), ...(sortable && { sort }) };
}

function compareScalar(type: ScalarType, { path, at, operator, operatorAt, literal }: Comparison, bind: Bind): string {
  const { expression, cast, toOperand = (placeholder) => placeholder } = type;
  if (path.length > 1) refuseFilter('filter.unknown_field', at, 'this field has no fields within: write its name alone');
  if (operator === ':' && isAnything(literal)) return `(${expression} is not null)`;
  if (!type.operators.includes(operator))
    refuseFilter('filter.unsupported_operator', operatorAt, `this field is compared by ${type.operators.join(', ')}, and by :* for having a value`);
  if (literal.isPrefix) {
    if (!type.comparePrefix) return refuseFilter('filter.value', literal.at, `a wildcard is for text alone: the value here is ${type.expected}`);
    if (!equality.includes(operator))
      return refuseFilter('filter.value', literal.at, 'a wildcard goes with = and != alone: write \\* in quotes for the sign itself');
    const begins = type.comparePrefix(literal.text, bind);
    return operator === '=' ? begins : `(${begins} is not true)`;
  }
  const value = type.read(literal.text);
  if (value === undefined) refuseFilter('filter.value', literal.at, `the value here is ${type.expected}`);
  // AIP-160: true unless it is equal, so true where there is none
  return `(${expression} ${operator === '!=' ? 'is distinct from' : operator} ${toOperand(`${bind(value)}::${cast}`)})`;
}

/** Whether it is the `*` of `field:*`. */
export const isAnything = ({ text, isPrefix, isQuoted }: Literal): boolean => isPrefix && text === '' && !isQuoted;

function toInt64(value: string): string | undefined {
  if (!/^-?\d{1,20}$/.test(value)) return undefined;
  const number = BigInt(value);
  return BigInt.asIntN(64, number) === number ? String(number) : undefined;
}

function toDouble(value: string): number | undefined {
  const read = /^-?\d+(\.\d+)?(e[+-]?\d+)?$/i.test(value) ? Number(value) : Number.NaN;
  return Number.isFinite(read) ? read : undefined;
}

/** What all names begin with, up to an underscore; nothing where there is one name alone. */
function commonPrefix([first = '', ...others]: readonly string[]): string {
  const parts = first.split('_').slice(0, -1);
  while (parts.length && !others.every((name) => name.startsWith(`${parts.join('_')}_`))) parts.pop();
  return parts.length && others.length ? `${parts.join('_')}_` : '';
}
