import type { AlterTableStmt, Constraint, CreateStmt, DeleteStmt, DropStmt, IndexStmt, Node, RangeVar, UpdateStmt } from 'libpg-query';
import { checkAlteredTable, type EarlierMigrations } from './altered-table.mts';
import { type Finding, type Rule, rules } from './finding.mts';
import { type MigrationText, partOf, type Statement } from './statements.mts';

const harmless: ReadonlySet<string> = new Set(['CommentStmt', 'CreateEnumStmt', 'CreateSeqStmt', 'CreateDomainStmt']);

/** A sentence about a line of a migration. */
export interface Problem {
  readonly line: number;
  readonly text: string;
}

/** What surrounds a statement. */
interface Surroundings {
  readonly earlier: EarlierMigrations;
  /** Whether the table comes with this migration: nobody uses it. */
  readonly isMade: (table: RangeVar | undefined) => boolean;
  /** Names of the indexes that this migration builds. */
  readonly built: ReadonlySet<string | undefined>;
}

/**
 * What of a migration the last release could not live with, or would hold up everybody.
 * @param earlier what the migrations before it said; is told what this one says
 */
export function checkMigration({ statements, isOutsideTransaction }: MigrationText, earlier: EarlierMigrations): Problem[] {
  earlier.beginFile();
  const made = new Set(
    statements
      .filter(({ kind, node }) => kind === 'CreateStmt' && !partOf<CreateStmt>({ node }).if_not_exists)
      .map((each) => toName(partOf<CreateStmt>(each).relation)),
  );
  const built = new Set(statements.filter(({ kind }) => kind === 'IndexStmt').map((each) => partOf<IndexStmt>(each).idxname));
  const surroundings: Surroundings = { earlier, built, isMade: (table) => made.has(toName(table)) };
  const problems = statements.flatMap((statement, index) => [
    ...judge(statement, [...check(statement, surroundings), ...checkPlace(statement, statements.slice(0, index), isOutsideTransaction)]),
  ]);
  for (const name of built) earlier.indexes.add(name);
  return problems;
}

const toName = (table: RangeVar | undefined): string => `${table?.schemaname ?? ''}.${table?.relname}`;

function check(statement: Statement, { earlier, isMade, built }: Surroundings): Finding[] {
  const one = (rule: Rule, what: string): Finding[] => [{ rule, what }];
  const { relation } = partOf<{ relation?: RangeVar }>(statement);
  if (isMade(relation) && ['AlterTableStmt', 'IndexStmt'].includes(statement.kind)) return [];
  switch (statement.kind) {
    case 'AlterTableStmt':
      return checkAlteredTable(partOf<AlterTableStmt>(statement), earlier);
    case 'CreateStmt':
      return checkNewTable(partOf<CreateStmt>(statement), isMade);
    case 'IndexStmt': {
      const { idxname, concurrent, unique } = partOf<IndexStmt>(statement);
      const what = `index ${idxname} of ${relation?.relname}`;
      return [...(concurrent ? [] : one('locks-table', what)), ...(unique ? one('narrows', what) : [])];
    }
    case 'DropStmt': {
      const { removeType, objects = [], concurrent, missing_ok } = partOf<DropStmt>(statement);
      const names = namesIn(objects);
      const isRebuilt = removeType === 'OBJECT_INDEX' && concurrent && missing_ok && names.every((name) => built.has(name) && !earlier.indexes.has(name));
      return isRebuilt ? [] : one('drops', `${removeType?.replace('OBJECT_', '').toLowerCase()} ${names.join(', ')}`);
    }
    case 'RenameStmt': {
      const { subname, newname } = partOf<{ subname?: string; newname?: string }>(statement);
      return one('renames', [relation?.relname, subname].filter(Boolean).join('.') + ` to ${newname}`);
    }
    case 'AlterEnumStmt': {
      const { oldVal, newVal } = partOf<{ oldVal?: string; newVal?: string }>(statement);
      return oldVal ? one('renames', `${oldVal} to ${newVal}`) : [];
    }
    case 'TruncateStmt':
      return one('drops', 'every row');
    case 'InsertStmt':
    case 'UpdateStmt':
    case 'DeleteStmt':
      return writesIn(statement.node).flatMap(({ relation: table, whereClause }) =>
        isMade(table) || (whereClause && !('A_Const' in whereClause)) ? [] : one('whole-table', table?.relname ?? ''),
      );
    case 'TransactionStmt':
      return one('transaction', 'begin, commit and the like');
    default:
      return harmless.has(statement.kind) ? [] : one('unknown', statement.kind);
  }
}

/** What a new table has to do with those that are in use. */
function checkNewTable({ relation, inhRelations = [], ...rest }: CreateStmt, isMade: Surroundings['isMade']): Finding[] {
  const parents = inhRelations.map((node) => (node as { RangeVar: RangeVar }).RangeVar).filter((table) => !isMade(table));
  // where they are not deleted along with it, or forgotten
  const owners = findAll<Constraint>(rest, 'Constraint').filter(
    ({ pktable, fk_del_action = '' }) => pktable && !isMade(pktable) && !['c', 'n', 'd'].includes(fk_del_action),
  );
  return [
    ...parents.map((table): Finding => ({ rule: 'unknown', what: `${relation?.relname} as a part of ${table.relname}` })),
    ...owners.map(({ pktable }): Finding => ({ rule: 'narrows', what: `rows of ${pktable!.relname} that ${relation?.relname} refers to` })),
  ];
}

/** The parts of a statement that write rows which are there, itself among them. */
const writesIn = (node: Node): (UpdateStmt | DeleteStmt)[] => [...findAll<UpdateStmt>(node, 'UpdateStmt'), ...findAll<DeleteStmt>(node, 'DeleteStmt')];

/** Every node of a kind, however deep it lies. */
const findAll = <T,>(tree: unknown, kind: string): T[] =>
  tree !== null && typeof tree === 'object'
    ? Object.entries(tree).flatMap(([key, value]) => [...(key === kind ? [value as T] : []), ...findAll<T>(value, kind)])
    : [];

/** Whether a statement stands where it can be run, and run again. */
function checkPlace(statement: Statement, before: readonly Statement[], isOutsideTransaction: boolean): Finding[] {
  const { concurrent, missing_ok, if_not_exists, idxname } = partOf<DropStmt & IndexStmt>(statement);
  const isDropped = () => before.some((other) => other.kind === 'DropStmt' && namesIn(partOf<DropStmt>(other).objects ?? []).includes(idxname!));
  const isStep =
    concurrent === true && ((statement.kind === 'DropStmt' && missing_ok === true) || (statement.kind === 'IndexStmt' && !if_not_exists && isDropped()));
  const isOnLineOfAnother = isOutsideTransaction && before.at(-1)?.line === statement.line;
  return isStep === isOutsideTransaction && !(concurrent && !isStep) && !isOnLineOfAnother ? [] : [{ rule: 'outside-transaction', what: statement.kind }];
}

/** What was found and is not allowed; and what is allowed and was not found. */
function* judge({ line, allowed }: Statement, found: readonly Finding[]): Generator<Problem> {
  for (const { rule, what } of found)
    if (!allowed.includes(rule))
      yield { line, text: `${rule} (${what}): ${rules[rule]}. Where it is right all the same: "-- allowed ${rule}: the reason" before the statement` };
  for (const rule of allowed) if (!found.some((finding) => finding.rule === rule)) yield { line, text: `"-- allowed ${rule}" allows what is not there` };
}

const namesIn = (objects: readonly unknown[]): string[] =>
  objects.map((object) => [...JSON.stringify(object).matchAll(/"sval":"([^"]+)"/g)].map(([, name]) => name).join('.'));
