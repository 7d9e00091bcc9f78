import ts from 'typescript';
import { findAll, parseTypeScript } from '../../source/typescript-source.mts';

/** What an app's tests start their service with: `startUser` of user-under-test.ts. */
export interface TestStage {
  /** `./user-under-test`. */
  readonly module: string;
  readonly start: string;
  readonly type: string;
  /** The member that is a client without a token. */
  readonly client?: string;
  /** It has `as(token)`, a client of this service, and `issuer`, which makes tokens. */
  readonly issuesTokens: boolean;
}

/**
 * Reads how the tests of an app start it.
 * @throws Error where the file does not start it, or gives no client of the service
 */
export function readTestStage(path: string, text: string, definition: string): TestStage {
  const file = parseTypeScript(path, text);
  const start = findAll(file, ts.isFunctionDeclaration).find(({ name }) => name?.text.startsWith('start'))?.name?.text;
  const type = findAll(file, ts.isInterfaceDeclaration).find(({ name }) => name.text.endsWith('UnderTest'));
  if (!start || !type)
    throw new Error(`${path} has no interface …UnderTest and no function start…, which the test of the method needs: see apps/user/test/user-under-test.ts`);
  const client = `RpcClient<${definition}>`;
  const named = (name: string) => type.members.find((member) => member.name?.getText() === name);
  const as = named('as');
  const stage = {
    module: `./${path.slice(path.lastIndexOf('/') + 1).replace(/\.ts$/, '')}`,
    start,
    type: type.name.text,
    client: type.members.find((member): member is ts.PropertySignature => ts.isPropertySignature(member) && member.type?.getText() === client)?.name.getText(),
    issuesTokens: as !== undefined && ts.isMethodSignature(as) && as.type?.getText() === client && named('issuer') !== undefined,
  };
  if (!stage.client && !stage.issuesTokens)
    throw new Error(`${path} gives no client of ${definition}, which the test of the method needs: add one, as its "${type.name.text}" has for others`);
  return stage;
}
