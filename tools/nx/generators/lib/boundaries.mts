import ts from 'typescript';
import { applyEdits } from '../../source/text-edits.mts';
import { findAll, parseTypeScript } from '../../source/typescript-source.mts';

/**
 * Adds a row for a lib to the boundaries, after those of the other libs: it may know nobody.
 * @param text eslint.config.mjs
 * @throws Error where there are no rows of libs
 */
export function addBoundary(text: string, name: string): string {
  const file = parseTypeScript('eslint.config.js', text);
  const list = findAll(file, ts.isVariableDeclaration).find((declaration) => declaration.name.getText() === 'depConstraints')?.initializer;
  const rows = list && ts.isArrayLiteralExpression(list) ? list.elements.filter(ts.isCallExpression).filter(isRowOfLib) : [];
  const last = rows.at(-1);
  if (!last) throw new Error('eslint.config.mjs has no rows allow(\'lib:…\') in "depConstraints": tell this generator where the boundaries of libs are');
  return applyEdits(text, [{ at: last.getEnd(), text: `,\n  allow('lib:${name}')` }]);
}

function isRowOfLib({ expression, arguments: [tag] }: ts.CallExpression): boolean {
  return expression.getText() === 'allow' && tag !== undefined && ts.isStringLiteral(tag) && tag.text.startsWith('lib:');
}
