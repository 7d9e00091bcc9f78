import type { Fields, SortKey } from './fields';
import { refuse } from './refuse';
import { type Bind, type SqlCondition, toCondition } from './sql';

export interface OrderByOptions<Name extends string> {
  /** The field that tells all rows apart; it is appended as the last key, in the direction of the one before it. */
  readonly unique: Name;
  /** The order where the caller asks for none. Default: by the unique field. */
  readonly default?: string;
}

/** An order over all rows, and how to go on in it. */
export interface Ordering {
  /** The order, each key with its direction: what page tokens are bound to. */
  readonly canonical: string;
  /** What stands after ORDER BY. */
  readonly text: string;
  /** SQL of the text[] that tells a row's place; it is what `after` and page tokens take. */
  readonly rowKey: string;
  /**
   * The condition of the rows after one, which an index over the keys serves; `true` where there is none yet.
   * @param rowKey of the last row that was given
   * @param start number of its first placeholder
   */
  after(rowKey: readonly string[] | undefined, start: number): SqlCondition;
}

interface Key extends SortKey {
  readonly name: string;
  readonly direction: 'asc' | 'desc';
}

const field = 'orderBy';
const maxLength = 500;

/**
 * Reads `order_by` (AIP-132): `create_time desc, email`.
 * @throws validationFailed (INVALID_ARGUMENT) with a violation of `orderBy`; RangeError where the unique field is not sortable
 */
export function compileOrderBy<Name extends string>(fields: Fields<Name>, orderBy: string, { unique, default: usual = '' }: OrderByOptions<Name>): Ordering {
  const keys = readKeys(fields, orderBy.trim() ? orderBy : usual);
  if (!keys.some(({ name }) => name === unique)) {
    const sort = fields.find(unique)?.field.sort;
    if (!sort) throw new RangeError(`the field ${unique} tells rows apart, so it has to be sortable`);
    keys.push({ ...sort, name: unique, direction: keys.at(-1)?.direction ?? 'asc' });
  }
  return {
    canonical: keys.map(({ name, direction }) => `${name} ${direction}`).join(', '),
    text: keys.map(({ expression, direction }) => `${expression} ${direction}`).join(', '),
    rowKey: `array[${keys.map(({ asText }) => asText).join(', ')}]`,
    after(rowKey, start) {
      if (rowKey && rowKey.length !== keys.length) throw new RangeError(`a row has ${keys.length} keys in this order, not ${rowKey.length}`);
      return toCondition(start, (bind) => (rowKey ? toKeyset(keys, rowKey, bind) : 'true'));
    },
  };
}

function readKeys(fields: Fields, orderBy: string): Key[] {
  if (orderBy.length > maxLength) refuse(field, 'order_by.too_long', undefined, `an order may have ${maxLength} characters`);
  if (!orderBy.trim()) return [];
  const sortable = fields.names.filter((name) => fields.find(name)?.field.sort);
  const keys: Key[] = [];
  let start = 0;
  for (const part of orderBy.split(',')) {
    const at = start + (part.length - part.trimStart().length);
    start += part.length + 1;
    const [, asked, direction = 'asc'] = /^([^\s]+)(?:\s+(asc|desc))?$/.exec(part.trim()) ?? [];
    if (!asked)
      return refuse(field, 'order_by.syntax', at, 'an order is fields with commas between, each with " desc" where it goes down: create_time desc, id');
    const found = fields.find(asked);
    if (!found?.field.sort) return refuse(field, 'order_by.unknown_field', at, `there is no field of this name to order by: there are ${sortable.join(', ')}`);
    if (keys.some(({ name }) => name === found.name)) refuse(field, 'order_by.duplicate_field', at, 'this field is there already: name it once');
    keys.push({ ...found.field.sort, name: found.name, direction: direction === 'desc' ? 'desc' : 'asc' });
  }
  return keys;
}

/** A comparison of rows where all keys go one way, which an index serves as one range; else key by key. */
function toKeyset(keys: readonly Key[], rowKey: readonly string[], bind: Bind): string {
  const terms = keys.map(({ expression, cast, direction }, index) => ({
    expression,
    value: `${bind(rowKey[index])}::${cast}`,
    beyond: direction === 'asc' ? '>' : '<',
  }));
  const [first] = terms;
  if (first && terms.every(({ beyond }) => beyond === first.beyond))
    return `((${terms.map(({ expression }) => expression).join(', ')}) ${first.beyond} (${terms.map(({ value }) => value).join(', ')}))`;
  const chain = terms.reduceRight((rest, { expression, value, beyond }) => {
    const isBeyond = `${expression} ${beyond} ${value}`;
    return rest ? `(${isBeyond} or (${expression} = ${value} and ${rest}))` : isBeyond;
  }, '');
  // it says nothing new, and is the one bound of which the planner makes a range of the index
  return first ? `(${first.expression} ${first.beyond}= ${first.value} and ${chain})` : 'true';
}
