import type { Database } from '../database';
import type { Queryable, Statement } from '../statement';

/** A plan of a statement that reads a table from its beginning to its end. */
interface SequentialScan {
  /** Name of the statement. */
  readonly statement: string;
  readonly table: string;
  /** PostgreSQL makes a custom plan for the values of the first executions, then perhaps a generic one for all values. */
  readonly plan: 'generic' | 'custom';
}

interface PlanNode {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly Plans?: readonly PlanNode[];
}
type Explained = readonly { readonly 'QUERY PLAN': readonly { readonly Plan: PlanNode }[] }[];

const planned = /^\s*(with|select|insert|update|delete|merge|values)\b/i;
let explained = 0;

/**
 * The sequential scans over some tables in the plans of statements, none of which is run. Plans follow the size of the tables: they
 * are to hold some ten thousand rows, and to be analysed, since for a page or two PostgreSQL uses no index.
 * @param statements those without values have no custom plan; what is not planned, such as `lock table`, is passed over
 * @throws AppError where a statement is wrong
 */
export async function findSequentialScans(database: Database, statements: readonly Statement[], tables: readonly string[]): Promise<SequentialScan[]> {
  const found = new Map<string, SequentialScan>();
  for (const statement of statements.filter(({ text }) => planned.test(text)))
    for (const plan of ['generic', 'custom'] as const) {
      // what is not prepared is planned for its values alone
      if (plan === 'generic' && statement.isPrepared === false) continue;
      const root = plan === 'generic' ? await explainGeneric(database, statement) : await explainCustom(database, statement);
      for (const node of root ? toNodes(root) : []) {
        const table = node['Relation Name'];
        if (node['Node Type'] !== 'Seq Scan' || table === undefined || !tables.includes(table)) continue;
        found.set(`${statement.name} ${table} ${plan}`, { statement: statement.name, table, plan });
      }
    }
  return [...found.values()];
}

const toNodes = (node: PlanNode): readonly PlanNode[] => [node, ...(node.Plans ?? []).flatMap(toNodes)];
// prepared under its name by the database, each text has one of its own
const ask = (queryable: Queryable, text: string, values?: readonly unknown[]) => queryable.query({ name: `explain-${++explained}`, text, values });

// `explain (generic_plan)` is of PostgreSQL 16
function explainGeneric(database: Database, { text }: Statement): Promise<PlanNode> {
  const parameters = Math.max(0, ...[...text.matchAll(/\$(\d+)/g)].map(([, number]) => Number(number)));
  const values = parameters ? `(${Array<string>(parameters).fill('null').join(', ')})` : '';
  return database.transaction(async (tx) => {
    await ask(tx, 'set local plan_cache_mode = force_generic_plan');
    await ask(tx, `prepare to_explain as ${text}`);
    const [row] = (await ask(tx, `explain (format json) execute to_explain${values}`)) as Explained;
    await ask(tx, 'deallocate to_explain');
    return row!['QUERY PLAN'][0]!.Plan;
  });
}

async function explainCustom(database: Database, { text, values }: Statement): Promise<PlanNode | undefined> {
  if (!values) return undefined;
  const [row] = (await ask(database, `explain (format json) ${text}`, values)) as Explained;
  return row!['QUERY PLAN'][0]!.Plan;
}

/** A database that also keeps each statement that it is given, with its values. */
export function recordStatements(database: Database): { readonly database: Database; readonly statements: readonly Statement[] } {
  const statements: Statement[] = [];
  const record = (queryable: Queryable): Queryable => ({
    query: (statement) => {
      statements.push(statement);
      return queryable.query(statement);
    },
  });
  const recording: Database = {
    ...database,
    ...record(database),
    read: record(database.read),
    transaction: (run, options) => database.transaction((tx) => run({ ...tx, ...record(tx) }), options),
    createRowLoader(options) {
      const loader = database.createRowLoader(options);
      return {
        load: (key, signal) => {
          statements.push({ name: options.name, text: options.text, values: [[key]] });
          return loader.load(key, signal);
        },
      };
    },
  };
  return { database: recording, statements };
}
