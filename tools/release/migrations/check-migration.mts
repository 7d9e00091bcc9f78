import type { AlterTableStmt, CreateStmt, DeleteStmt, DropStmt, IndexStmt, UpdateStmt } from 'libpg-query';
import { checkAlteredTable, type KnownColumns } from './altered-table.mts';
import { type Finding, type Rule, rules } from './finding.mts';
import { type MigrationText, partOf, type Statement } from './statements.mts';

const harmless: ReadonlySet<string> = new Set(['CreateStmt', 'InsertStmt', 'CommentStmt', 'CreateEnumStmt', 'CreateSeqStmt', 'CreateDomainStmt']);

/** A sentence about a line of a migration. */
export interface Problem {
  readonly line: number;
  readonly text: string;
}

/**
 * What of a migration the last release could not live with, or would hold up everybody.
 * @param known what the migrations before it said; is told what this one says
 */
export function checkMigration({ statements, isOutsideTransaction }: MigrationText, known: KnownColumns): Problem[] {
  known.beginFile();
  // nobody uses a table that comes with this migration
  const made = new Set(statements.filter(({ kind }) => kind === 'CreateStmt').map((each) => partOf<CreateStmt>(each).relation?.relname));
  const rebuilt = new Set(statements.filter(({ kind }) => kind === 'IndexStmt').map((each) => partOf<IndexStmt>(each).idxname));
  return statements.flatMap((statement) => {
    const { relation } = partOf<{ relation?: { relname?: string } }>(statement);
    const isNew = made.has(relation?.relname);
    const found = [...(isNew && ['AlterTableStmt', 'IndexStmt', 'UpdateStmt', 'DeleteStmt'].includes(statement.kind) ? [] : check(statement, known, rebuilt)), ...checkPlace(statement, isOutsideTransaction)];
    return [...judge(statement, found)];
  });
}

function check(statement: Statement, known: KnownColumns, rebuilt: ReadonlySet<string | undefined>): Finding[] {
  const one = (rule: Rule, what: string): Finding[] => [{ rule, what }];
  switch (statement.kind) {
    case 'AlterTableStmt':
      return checkAlteredTable(partOf<AlterTableStmt>(statement), known);
    case 'IndexStmt': {
      const { idxname, relation, concurrent, unique } = partOf<IndexStmt>(statement);
      const what = `index ${idxname} of ${relation?.relname}`;
      return [...(concurrent ? [] : one('locks-table', what)), ...(unique ? one('narrows', what) : [])];
    }
    case 'DropStmt': {
      const { removeType, objects = [], concurrent, missing_ok } = partOf<DropStmt>(statement);
      const names = namesIn(objects);
      const isRebuilt = removeType === 'OBJECT_INDEX' && concurrent && missing_ok && names.every((name) => rebuilt.has(name));
      return isRebuilt ? [] : one('drops', `${removeType?.replace('OBJECT_', '').toLowerCase()} ${names.join(', ')}`);
    }
    case 'RenameStmt': {
      const { relation, subname, newname } = partOf<{ relation?: { relname?: string }; subname?: string; newname?: string }>(statement);
      return one('renames', [relation?.relname, subname].filter(Boolean).join('.') + ` to ${newname}`);
    }
    case 'AlterEnumStmt': {
      const { oldVal, newVal } = partOf<{ oldVal?: string; newVal?: string }>(statement);
      return oldVal ? one('renames', `${oldVal} to ${newVal}`) : [];
    }
    case 'TruncateStmt':
      return one('drops', 'every row');
    case 'UpdateStmt':
    case 'DeleteStmt': {
      const { relation, whereClause } = partOf<UpdateStmt | DeleteStmt>(statement);
      return whereClause ? [] : one('whole-table', relation?.relname ?? '');
    }
    case 'TransactionStmt':
      return one('transaction', 'begin, commit and the like');
    default:
      return harmless.has(statement.kind) ? [] : one('unknown', statement.kind);
  }
}

/** Whether a statement stands where it can be run, and run again. */
function checkPlace(statement: Statement, isOutsideTransaction: boolean): Finding[] {
  const { concurrent, missing_ok, if_not_exists } = partOf<{ concurrent?: boolean; missing_ok?: boolean; if_not_exists?: boolean }>(statement);
  const isStep = concurrent === true && ((statement.kind === 'DropStmt' && missing_ok === true) || (statement.kind === 'IndexStmt' && !if_not_exists));
  return isStep === isOutsideTransaction && !(concurrent && !isStep) ? [] : [{ rule: 'outside-transaction', what: statement.kind }];
}

/** What was found and is not allowed; and what is allowed and was not found. */
function* judge({ line, allowed }: Statement, found: readonly Finding[]): Generator<Problem> {
  for (const { rule, what } of found) if (!allowed.includes(rule)) yield { line, text: `${rule} (${what}): ${rules[rule]}. Where it is right all the same: "-- allowed ${rule}: the reason" before the statement` };
  for (const rule of allowed) if (!found.some((finding) => finding.rule === rule)) yield { line, text: `"-- allowed ${rule}" allows what is not there` };
}

const namesIn = (objects: readonly unknown[]): string[] => objects.map((object) => [...JSON.stringify(object).matchAll(/"sval":"([^"]+)"/g)].map(([, name]) => name).join('.'));
