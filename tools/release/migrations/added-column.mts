import type { ColumnDef, Constraint, Node } from 'libpg-query';
import type { Finding, Rule } from './finding.mts';

// the same for all rows of the statement, so that PostgreSQL keeps one value for them
const stable: ReadonlySet<string> = new Set(['now', 'transaction_timestamp', 'statement_timestamp']);
const serial: ReadonlySet<string> = new Set(['serial', 'smallserial', 'bigserial', 'serial2', 'serial4', 'serial8']);

/** What is wrong with adding a column to a table that is in use. */
export function checkAddedColumn(table: string, column: ColumnDef): Finding[] {
  const constraints = (column.constraints ?? []).map((node) => (node as { Constraint: Constraint }).Constraint);
  const has = (...types: string[]) => constraints.some(({ contype }) => types.includes(contype!));
  const isFilled = has('CONSTR_IDENTITY', 'CONSTR_GENERATED') || serial.has(typeOf(column));
  const broken: Rule[] = [];
  const hasValue = constraints.some(({ contype, raw_expr }) => contype === 'CONSTR_DEFAULT' && !isNull(raw_expr));
  if (has('CONSTR_NOTNULL') && !hasValue && !isFilled) broken.push('needs-value');
  if (
    isStored(constraints) ||
    has('CONSTR_IDENTITY') ||
    serial.has(typeOf(column)) ||
    constraints.some(({ contype, raw_expr }) => contype === 'CONSTR_DEFAULT' && isVolatile(raw_expr))
  )
    broken.push('rewrites-table');
  if (has('CONSTR_CHECK', 'CONSTR_FOREIGN')) broken.push('scans-table');
  if (has('CONSTR_UNIQUE', 'CONSTR_PRIMARY')) broken.push('locks-table');
  return broken.map((rule) => ({ rule, what: `column ${column.colname} of ${table}` }));
}

const typeOf = ({ typeName }: ColumnDef): string => (typeName?.names?.at(-1) as { String?: { sval?: string } })?.String?.sval ?? '';
const isStored = (constraints: readonly Constraint[]) =>
  constraints.some(({ contype, generated_kind }) => contype === 'CONSTR_GENERATED' && generated_kind === 's');

const isNull = (expression: Node | undefined) => expression !== undefined && 'A_Const' in expression && expression.A_Const.isnull === true;

/** Whether an expression may give another value for each row: it calls a function that is not known to be stable. */
function isVolatile(expression: Node | undefined): boolean {
  const called = [
    ...JSON.stringify(expression ?? {}).matchAll(/"funcname":\[(?:\{"String":\{"sval":"pg_catalog"\}\},)?\{"String":\{"sval":"(\w+)"\}\}\]/g),
  ].map(([, name]) => name!);
  const calls = JSON.stringify(expression ?? {}).split('"funcname":').length - 1;
  return calls > called.length || called.some((name) => !stable.has(name));
}
