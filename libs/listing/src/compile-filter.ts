import type { Fields } from './fields';
import type { Filter } from './filter';
import { refuseFilter } from './filter-limits';
import { parseFilter } from './parse-filter';
import { type Bind, type SqlCondition, toCondition } from './sql';

/**
 * The SQL condition that a filter (AIP-160) is; `true` where it is empty.
 * @param start number of its first placeholder
 * @throws validationFailed (INVALID_ARGUMENT) with a violation of `filter` that says what is wrong, where, and what may stand there
 */
export function compileFilter(fields: Fields, filter: string, start = 1): SqlCondition {
  const read = parseFilter(filter);
  return toCondition(start, (bind) => (read ? compile(fields, read, bind) : 'true'));
}

function compile(fields: Fields, filter: Filter, bind: Bind): string {
  switch (filter.kind) {
    case 'and':
    case 'or':
      return `(${filter.operands.map((operand) => compile(fields, operand, bind)).join(` ${filter.kind} `)})`;
    case 'not':
      // also of what is null: AIP-160 has it true if the operand is not true
      return `(${compile(fields, filter.operand, bind)} is not true)`;
    case 'comparison': {
      const found = fields.find(filter.path[0] ?? '');
      if (!found) return refuseFilter('filter.unknown_field', filter.at, `there is no field of this name to filter by: there are ${fields.names.join(', ')}`);
      return found.field.compare(filter, bind);
    }
  }
}
