import type { AlterTableCmd, AlterTableStmt, ColumnDef, Constraint } from 'libpg-query';
import { checkAddedColumn } from './added-column.mts';
import type { Finding, Rule } from './finding.mts';

const harmless: ReadonlySet<string> = new Set(['AT_DropNotNull', 'AT_SetStatistics', 'AT_SetRelOptions', 'AT_ResetRelOptions']);

/** What the migrations before have said: of columns that are never null, and of indexes. */
export class EarlierMigrations {
  readonly indexes = new Set<string | undefined>();
  readonly #columnOfCheck = new Map<string, string>();
  readonly #neverNull = new Set<string>();
  #addedHere = new Set<string>();

  beginFile(): void {
    this.#addedHere = new Set();
  }

  /** Notes a check that has not been validated. */
  addCheck(table: string, { conname = '', raw_expr }: Constraint): void {
    this.#addedHere.add(`${table}.${conname}`);
    const test = (raw_expr as { NullTest?: { nulltesttype?: string; arg?: { ColumnRef?: { fields?: { String?: { sval?: string } }[] } } } } | undefined)
      ?.NullTest;
    const column = test?.nulltesttype === 'IS_NOT_NULL' ? test.arg?.ColumnRef?.fields?.at(-1)?.String?.sval : undefined;
    if (column) this.#columnOfCheck.set(`${table}.${conname}`, column);
  }

  /** Whether the constraint was added in this same file, whose lock is held while it is validated. */
  validate(table: string, name: string): boolean {
    const column = this.#columnOfCheck.get(`${table}.${name}`);
    if (column) this.#neverNull.add(`${table}.${column}`);
    return this.#addedHere.has(`${table}.${name}`);
  }

  isNeverNull = (table: string, column: string): boolean => this.#neverNull.has(`${table}.${column}`);
}

/** What is wrong with altering a table that is in use. */
export function checkAlteredTable({ relation, cmds = [], objtype }: AlterTableStmt, known: EarlierMigrations): Finding[] {
  const table = relation?.relname ?? '';
  if (objtype !== 'OBJECT_TABLE') return [{ rule: 'unknown', what: `alter ${objtype?.replace('OBJECT_', '').toLowerCase()} ${table}` }];
  return cmds.flatMap((cmd) => checkCommand(table, (cmd as { AlterTableCmd: AlterTableCmd }).AlterTableCmd, known));
}

function checkCommand(table: string, { subtype = 'AT_AddColumn', name = '', def }: AlterTableCmd, known: EarlierMigrations): Finding[] {
  const column = `column ${name} of ${table}`;
  const one = (rule: Rule, what: string): Finding[] => [{ rule, what }];
  switch (subtype) {
    case 'AT_AddColumn':
      return checkAddedColumn(table, (def as { ColumnDef: ColumnDef }).ColumnDef);
    case 'AT_DropColumn':
      return one('drops', column);
    case 'AT_AlterColumnType':
      return one('changes-type', column);
    case 'AT_ColumnDefault':
      return def ? [] : one('drops', `the default of ${column}`);
    case 'AT_SetNotNull':
      // with such a check PostgreSQL reads no rows; and nothing is refused that was not before
      return known.isNeverNull(table, name) ? [] : [...one('scans-table', column), ...one('narrows', column)];
    case 'AT_DropConstraint':
      return one('drops', `constraint ${name} of ${table}`);
    case 'AT_ValidateConstraint':
      return known.validate(table, name) ? one('scans-table', `constraint ${name} of ${table}, which was added in the same migration`) : [];
    case 'AT_AddConstraint':
      return checkConstraint(table, (def as { Constraint: Constraint }).Constraint, known);
    default:
      return harmless.has(subtype) ? [] : one('unknown', `${subtype} of ${table}`);
  }
}

function checkConstraint(table: string, constraint: Constraint, known: EarlierMigrations): Finding[] {
  const what = `constraint ${constraint.conname ?? ''} of ${table}`;
  const narrows: Finding = { rule: 'narrows', what };
  switch (constraint.contype) {
    case 'CONSTR_CHECK':
    case 'CONSTR_FOREIGN':
    case 'CONSTR_NOTNULL':
      known.addCheck(table, constraint);
      return constraint.skip_validation ? [narrows] : [{ rule: 'scans-table', what }, narrows];
    case 'CONSTR_UNIQUE':
    case 'CONSTR_PRIMARY':
      // of an index that is there, and refuses already
      return constraint.indexname ? [] : [{ rule: 'locks-table', what }, narrows];
    default:
      return [{ rule: 'locks-table', what }, narrows];
  }
}
