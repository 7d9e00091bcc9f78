import ts from 'typescript';
import { findAll } from '../../source/typescript-source.mts';

/** An object whose properties are the handlers of a service. */
interface Implementation {
  readonly object: ts.ObjectLiteralExpression;
  /** There is a `write` beside it, which keeps what is written for its request_id (createWrites). */
  readonly keepsWrites: boolean;
}

/** Finds what implements a service in a file: what is returned as its `RpcService`, and what follows its definition as an argument. */
export function findImplementations(file: ts.SourceFile, definition: string): Implementation[] {
  const returned = findAll(file, isFunction)
    .filter(({ type }) => type !== undefined && isRpcService(type, definition))
    .flatMap((made) => resultsOf(made));
  const given = findAll(file, ts.isCallExpression).flatMap(({ arguments: all }) =>
    all.filter((argument, index) => ts.isObjectLiteralExpression(argument) && all[index - 1]?.getText() === definition),
  ) as ts.ObjectLiteralExpression[];
  return [...new Set([...returned, ...given])].map((object) => ({ object, keepsWrites: hasWrite(object) }));
}

type MakesService = ts.FunctionDeclaration | ts.ArrowFunction;
const isFunction = (node: ts.Node): node is MakesService => ts.isFunctionDeclaration(node) || ts.isArrowFunction(node);

const isRpcService = (type: ts.TypeNode, definition: string): boolean =>
  ts.isTypeReferenceNode(type) && type.typeName.getText() === 'RpcService' && (type.typeArguments?.[0]?.getText() ?? '').replace(/^typeof /, '') === definition;

function resultsOf({ body }: MakesService): ts.ObjectLiteralExpression[] {
  if (!body) return [];
  const results = ts.isBlock(body) ? body.statements.filter(ts.isReturnStatement).map(({ expression }) => expression) : [body];
  return results
    .map((result) => (result && ts.isParenthesizedExpression(result) ? result.expression : result))
    .filter((result) => result !== undefined)
    .filter(ts.isObjectLiteralExpression);
}

function hasWrite(object: ts.ObjectLiteralExpression): boolean {
  const block = object.parent.parent;
  return (
    ts.isBlock(block) &&
    findAll(block, ts.isVariableDeclaration).some(({ name, initializer }) => name.getText() === 'write' && initializer?.getText().startsWith('createWrites('))
  );
}
