import { createProjectGraphAsync } from '@nx/devkit';
import { globSync, readFileSync } from 'node:fs';
import ts from 'typescript';

/** How a project needs another: its code, or its types alone. */
export type Need = 'code' | 'types';

export interface Project {
  readonly name: string;
  readonly kind: 'app' | 'lib' | 'contract';
  readonly needs: ReadonlyMap<string, Need>;
}

/** The packages that the sources of a folder import, tests left out. */
function readImports(root: string): ReadonlyMap<string, Need> {
  const imports = new Map<string, Need>();
  for (const file of globSync(`${root}/src/**/*.ts`)) {
    if (/\.test\.ts$|\/testing(\/|\.ts$)/.test(file)) continue;
    for (const statement of ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.ESNext).statements) {
      if (!(ts.isImportDeclaration(statement) || ts.isExportDeclaration(statement)) || !statement.moduleSpecifier) continue;
      const { text } = statement.moduleSpecifier as ts.StringLiteral;
      const clause = ts.isImportDeclaration(statement) ? statement.importClause?.namedBindings : statement.exportClause;
      const isOfTypes = ts.isImportDeclaration(statement) ? statement.importClause?.isTypeOnly : statement.isTypeOnly;
      const names = clause && (ts.isNamedImports(clause) || ts.isNamedExports(clause)) ? clause.elements : undefined;
      const need = isOfTypes || names?.every(({ isTypeOnly }) => isTypeOnly) ? 'types' : 'code';
      if (imports.get(text) !== 'code') imports.set(text, need);
    }
  }
  return imports;
}

/** The apps, libs and contracts of Nx' project graph, with what each needs to run; what tests alone need is left out. */
export async function readProjects(): Promise<readonly Project[]> {
  const { nodes, dependencies } = await createProjectGraphAsync({ exitOnError: true });
  const kindOf = (name: string): Project['kind'] | undefined => {
    const [, kind] = nodes[name]?.data.tags?.map((tag) => /^(app|lib|contract):/.exec(tag)).find((match) => match) ?? [];
    return name === 'e2e' ? undefined : (kind as Project['kind'] | undefined);
  };
  return Object.keys(nodes)
    .sort()
    .flatMap((name) => {
      const kind = kindOf(name);
      if (!kind) return [];
      const imports = readImports(nodes[name]!.data.root);
      const needs = new Map<string, Need>();
      for (const { target, type } of dependencies[name] ?? []) {
        const need = imports.get(`@gatehouse/${target.replace('contracts-', 'contracts/')}`) ?? (type === 'implicit' ? 'code' : undefined);
        if (need && kindOf(target)) needs.set(target, need);
      }
      return [{ name, kind, needs }];
    });
}
