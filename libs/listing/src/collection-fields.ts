import type { Comparison, Literal } from './filter';
import type { Field } from './fields';
import { refuseFilter } from './filter-limits';
import { isAnything } from './scalar-fields';
import type { Bind } from './sql';

/** A text[]: `roles:admin`, whether it has the element, `roles:*`, whether it has any. */
export const textArray = (column: string): Field => ({
  compare({ path, at, operator, operatorAt, literal }, bind) {
    if (path.length > 1) refuseFilter('filter.unknown_field', at, 'this field has no fields within: write its name alone');
    if (operator !== ':') refuseFilter('filter.unsupported_operator', operatorAt, 'this field has several values: field:value asks whether it has one');
    if (isAnything(literal)) return `(cardinality(${column}) > 0)`;
    refuseWildcard(literal);
    return `(${column} @> array[${bind(literal.text)}::text])`;
  },
});

/**
 * A jsonb that holds an object. `m:key` and `m.key:*` ask for a key, `m.a.b = value` and `!=` for a value, `m.key:value` for a
 * value or an element of an array. In quotes a value is text; without, `true`, `false` and numbers are what they are in JSON.
 */
export const json = (column: string): Field => ({
  compare({ path: [, ...keys], operator, operatorAt, literal }, bind) {
    if (operator === ':' && isAnything(literal)) return keys.length ? hasKey(column, keys, bind) : `(${column} <> '{}')`;
    refuseWildcard(literal);
    if (operator === ':' && !keys.length) return hasKey(column, [literal.text], bind);
    if (!keys.length)
      refuseFilter('filter.unsupported_operator', operatorAt, 'this field is an object: field.key = value compares a value in it, field:key asks for a key');
    if (operator !== '=' && operator !== '!=' && operator !== ':')
      refuseFilter('filter.unsupported_operator', operatorAt, 'what is in this field is compared by =, != and : alone');
    const value = toJson(literal);
    const isEqual = `${column} @> ${bind(nest(keys, value))}::jsonb`;
    if (operator === '=') return `(${isEqual})`;
    if (operator === '!=') return `((${isEqual}) is not true)`;
    return `(${isEqual} or ${column} @> ${bind(nest(keys, `[${value}]`))}::jsonb)`;
  },
});

// ? is served by a GIN index; further in it would also find the elements of an array, and #> its indexes
function hasKey(column: string, keys: readonly string[], bind: Bind): string {
  if (keys.length === 1) return `(${column} ? ${bind(keys[0])}::text)`;
  return `(${[column, ...keys.map((key) => `${bind(key)}::text`)].join(' -> ')} is not null)`;
}

const nest = (keys: readonly string[], value: string): string => keys.reduceRight((inner, key) => `{${JSON.stringify(key)}:${inner}}`, value);

// a number stays as it is written, since a double would round it
const toJson = ({ text, isQuoted }: Literal): string => (!isQuoted && /^(true|false|-?(0|[1-9]\d*)(\.\d+)?)$/.test(text) ? text : JSON.stringify(text));

function refuseWildcard(literal: Comparison['literal']): void {
  if (literal.isPrefix) refuseFilter('filter.value', literal.at, 'this field knows no wildcard: write the whole value, or \\* in quotes for the sign itself');
}
