import { type Node, parse } from 'libpg-query';

/** One statement of a migration, with what its author allows of it. */
export interface Statement {
  /** What kind of statement it is, by the name of PostgreSQL's parser: `AlterTableStmt`. */
  readonly kind: string;
  readonly node: Node;
  readonly line: number;
  /** Rules that it may break, by the comments before it: `-- allowed drops: version 1.4 stopped reading it`. */
  readonly allowed: readonly string[];
}

export interface MigrationText {
  readonly statements: readonly Statement[];
  readonly isOutsideTransaction: boolean;
}

const exception = /^\s*-- allowed ([a-z-]+):[ \t]*(.*)$/gm;
// a reason that is a word is none
const leastWords = 3;

/**
 * Reads a migration with PostgreSQL's own parser.
 * @throws Error where it is no SQL, or an exception gives no reason
 */
export async function readStatements(sql: string): Promise<MigrationText> {
  // the parser counts bytes
  const bytes = Buffer.from(sql);
  const { stmts = [] } = await parse(sql);
  let end = 0;
  const statements = stmts.map(({ stmt, stmt_location: begin = 0, stmt_len: length }) => {
    const node = stmt!;
    const next = length ? begin + length : bytes.length;
    // comments before it may count as its own
    const comments = bytes.subarray(end, next).toString();
    const before = bytes.subarray(0, begin).toString();
    end = next;
    const allowed = [...comments.matchAll(exception)].map(([, rule, reason]) => {
      if (reason!.trim().split(/\s+/).length < leastWords)
        throw new Error(`"-- allowed ${rule}:" gives no reason: why can the last release do without it, or why is nothing held up?`);
      return rule!;
    });
    return {
      kind: Object.keys(node)[0]!,
      node,
      line: before.split('\n').length + (/^\s*/.exec(bytes.subarray(begin, next).toString())![0].split('\n').length - 1),
      allowed,
    };
  });
  return { statements, isOutsideTransaction: /^-- outside a transaction$/m.test(sql) };
}

/** What a statement of a kind says. */
export const partOf = <T,>(statement: { readonly node: Node }): T => Object.values(statement.node)[0] as T;
