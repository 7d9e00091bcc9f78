import type { Tree } from '@nx/devkit';
import ts from 'typescript';
import { lowerFirst, toCamel } from '../../source/names.mts';
import { applyEdits } from '../../source/text-edits.mts';
import { appendTo, findAll, parseTypeScript } from '../../source/typescript-source.mts';
import type { MethodPlan } from './plan-method.mts';

/** Where the end-to-end tests have the routes that they call. */
const path = 'apps/e2e/test/support/callers.ts';

/** @throws Error where the table of routes is not where it was */
function findRoutes(tree: Tree): { readonly text: string; readonly table: ts.ObjectLiteralExpression } {
  const text = tree.read(path, 'utf8') ?? '';
  const table = findAll(parseTypeScript(path, text), ts.isVariableDeclaration).find(({ name }) => name.getText() === 'routes')?.initializer;
  if (!table || !ts.isObjectLiteralExpression(table))
    throw new Error(`${path} has no object "routes" any more: tell this generator where the tests call routes from`);
  return { text, table };
}

/** Tells the end-to-end tests how the method is called by HTTP, if they call its service: one that was generated its own tests call. */
export function addRoute(tree: Tree, serviceName: string, plan: MethodPlan): void {
  if (!plan.http) return;
  const { text, table } = findRoutes(tree);
  if (!table.properties.some(({ name }) => name?.getText().startsWith(`'${serviceName}.`))) return;
  tree.write(path, applyEdits(text, [appendTo(table.properties, `'${serviceName}.${plan.name}': ${toCall(plan.http, plan)}`)]));
}

function toCall({ verb, path: template, body }: NonNullable<MethodPlan['http']>, { kind, resource }: MethodPlan): string {
  const route = `method: '${verb.toUpperCase()}', path: \`${template.replace(/\{(\w+\.)?(\w+)\}/g, (_, _of, name: string) => `\${${toCamel(name)}}`)}`;
  if (kind === 'update')
    return `({ ${lowerFirst(resource!)}, ...query }) => { const { id, ...body } = ${lowerFirst(resource!)} as JsonObject; return { ${route}?\${new URLSearchParams(query as Record<string, string>)}\`, body }; }`;
  const names = [...template.matchAll(/\{(\w+)\}/g)].map(([, name]) => toCamel(name!));
  const rest = body ? 'body' : 'query';
  const parameter = names.length ? `{ ${names.join(', ')}, ...${rest} }` : rest;
  return body ? `(${parameter}) => ({ ${route}\`, body })` : `(${parameter}) => ({ ${route}?\${new URLSearchParams(query as Record<string, string>)}\` })`;
}
