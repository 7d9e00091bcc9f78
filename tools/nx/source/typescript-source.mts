import ts from 'typescript';
import type { Edit } from './text-edits.mts';

export const parseTypeScript = (path: string, text: string): ts.SourceFile => ts.createSourceFile(path, text, ts.ScriptTarget.ESNext, true);

/** Every node of a kind below a node, in the order of the text. */
export function findAll<T extends ts.Node>(root: ts.Node, is: (node: ts.Node) => node is T): T[] {
  const found: T[] = [];
  const walk = (node: ts.Node): void => {
    if (is(node)) found.push(node);
    ts.forEachChild(node, walk);
  };
  walk(root);
  return found;
}

/** Puts something at the end of a list in brackets or braces. prettier gives it its lines. */
export function appendTo(list: ts.NodeArray<ts.Node>, text: string): Edit {
  const last = list.at(-1);
  return { at: last ? last.getEnd() : list.pos, text: last ? `, ${text}` : text };
}

/** As `appendTo`, with an empty line before it where those that are there have one between them. */
export function appendMember(object: ts.ObjectLiteralExpression, text: string): Edit {
  const { properties } = object;
  const source = object.getSourceFile().text;
  const isAiry = properties.length > 1 && /\n\s*\n/.test(source.slice(properties.at(-2)!.getEnd(), properties.at(-1)!.getStart()));
  return appendTo(properties, isAiry ? `\n\n${text}` : text);
}

/** The file's value import from a module that lists names; undefined without one. */
const findImport = (file: ts.SourceFile, module: string) =>
  file.statements
    .filter(ts.isImportDeclaration)
    .filter(({ moduleSpecifier, importClause }) => ts.isStringLiteral(moduleSpecifier) && moduleSpecifier.text === module && !importClause?.isTypeOnly)
    .find(({ importClause }) => importClause?.namedBindings && ts.isNamedImports(importClause.namedBindings));

/** Imports a name as a value under another; nothing to do where it is imported so. */
export function importAs(file: ts.SourceFile, module: string, name: string, local: string): Edit[] {
  const specifier = name === local ? name : `${name} as ${local}`;
  const bindings = findImport(file, module)?.importClause?.namedBindings as ts.NamedImports | undefined;
  if (bindings?.elements.some((each) => each.getText() === specifier)) return [];
  if (bindings) return [appendTo(bindings.elements, specifier)];
  return [{ at: file.statements[0]!.getStart(), text: `import { ${specifier} } from '${module}';\n` }];
}

/** Adds names to what a file exports from a module; those that it exports already stay as they are. */
export function exportFrom(file: ts.SourceFile, module: string, names: readonly string[]): Edit[] {
  const clause = file.statements
    .filter(ts.isExportDeclaration)
    .find(({ moduleSpecifier }) => moduleSpecifier && ts.isStringLiteral(moduleSpecifier) && moduleSpecifier.text === module)?.exportClause;
  if (!clause) return [{ at: file.getEnd(), text: `export { ${names.join(', ')} } from '${module}';\n` }];
  const { elements } = clause as ts.NamedExports;
  const plain = (each: ts.ExportSpecifier) => each.name.text;
  return names
    .filter((name) => !elements.some((each) => plain(each) === name))
    .map((name) => {
      // in the order of the alphabet, as they are
      const next = elements.find((each) => plain(each).toLowerCase() > name.toLowerCase());
      return next ? { at: next.getStart(), text: `${name}, ` } : appendTo(elements, name);
    });
}
