import ts from 'typescript';
import { toCamel } from '../../source/names.mts';
import { applyEdits } from '../../source/text-edits.mts';
import { appendTo, findAll, parseTypeScript } from '../../source/typescript-source.mts';

/**
 * Adds a migration to the list of a service: its import and its row.
 * @param name `0004_create_invoices`
 * @throws Error where the file has no list of migrations
 */
export function registerMigration(path: string, text: string, name: string): string {
  const file = parseTypeScript(path, text);
  const list = findAll(file, ts.isPropertyAssignment).find((property) => property.name.getText() === 'migrations')?.initializer;
  if (!list || !ts.isArrayLiteralExpression(list)) throw new Error(`${path} has no list "migrations: […]": see apps/user/src/postgres/migrations.ts`);
  const taken = findAll(file, ts.isImportClause).map((clause) => clause.name?.text);
  // the same words under another number
  const plain = toCamel(name.slice(5));
  const local = taken.includes(plain) ? `${plain}${Number(name.slice(0, 4))}` : plain;
  const lastImport = file.statements.filter(ts.isImportDeclaration).at(-1)!;
  return applyEdits(text, [
    { at: lastImport.getEnd(), text: `\nimport ${local} from './migrations/${name}.sql';` },
    appendTo(list.elements, `{ name: '${name}', sql: ${local} }`),
  ]);
}
