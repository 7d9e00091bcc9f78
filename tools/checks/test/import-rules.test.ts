import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

interface Case {
  readonly path: string;
  readonly code: string;
  /** What is said: what is wrong, and the next step. Nothing where it is allowed. */
  readonly says?: readonly RegExp[];
}
const workspace = resolve(__dirname, '../../..');
const textOf = (file: string) => readFileSync(resolve(workspace, file), 'utf8');
const take = (name: string, from: string) => `import { ${name} } from '${from}';\nexport const taken = ${name};\n`;
const owned = [/is not allowed to import/, /"owners" in eslint\.config\.mjs may; take what you need from the lib that owns it/];
const drawer = [/is a drawer for anything: name it after the thing/];
const suffix = [/ends in a word that says nothing: name what it is or does/];
const arrow = [/can only depend on|cannot depend on/, /take what you need from a lib that is allowed or, .* "depConstraints" in eslint\.config\.mjs/];

const cases: Readonly<Record<string, Case>> = {
  'a lib that the project may not know': { path: 'apps/user/src/x.ts', code: take('createTranscoder', '@gatehouse/transcoding'), says: arrow },
  'any lib, in a tool that may know none': { path: 'tools/look/src/x.ts', code: take('AppError', '@gatehouse/errors'), says: arrow },
  'the contract of a service that it neither serves nor calls': {
    path: 'apps/user/src/x.ts',
    code: take('AuthServiceDefinition', '@gatehouse/contracts/auth'),
    says: arrow,
  },
  'a lib that it may know': { path: 'apps/user/src/x.ts', code: take('createClient', '@gatehouse/rpc') },
  'a cycle between projects': {
    path: 'libs/errors/src/x.ts',
    code: take('createClient', '@gatehouse/rpc'),
    says: [/Circular dependency between "errors" and "rpc"/, /move what both need into the lower of the two/],
  },
  'a cycle between files': {
    path: 'libs/errors/src/app-error.ts',
    code: `import { declareError } from './index';\nexport const again = declareError;\n${textOf('libs/errors/src/app-error.ts')}`,
    says: [/Dependency cycle/, /move what both need into a file that imports neither/],
  },
  'a relative path into another project': {
    path: 'apps/user/src/x.ts',
    code: take('AppError', '../../../libs/errors/src/app-error'),
    says: [/cannot be imported by a relative or absolute path/, /import by the name that tsconfig\.base\.json gives it/],
  },
  'a file within another project, by its name': {
    path: 'apps/user/src/x.ts',
    code: take('x', '@gatehouse/rpc/src/call'),
    says: [/Import what its index\.ts lists/],
  },
  'grpc-js, in an app': { path: 'apps/gateway/src/x.ts', code: take('Server', '@grpc/grpc-js'), says: owned },
  'grpc-js, in another lib': { path: 'libs/access/src/x.ts', code: take('Metadata', '@grpc/grpc-js'), says: owned },
  'grpc-js, in libs/rpc': { path: 'libs/rpc/src/x.ts', code: take('Server', '@grpc/grpc-js') },
  'fastify, in a service': { path: 'apps/user/src/x.ts', code: take('fastify', 'fastify'), says: owned },
  'a plugin of fastify, in a service': { path: 'apps/auth/src/x.ts', code: take('x', '@fastify/cors'), says: owned },
  'fastify, in the gateway': { path: 'apps/gateway/src/x.ts', code: take('fastify', 'fastify') },
  'pg, in the gateway': { path: 'apps/gateway/src/x.ts', code: take('Pool', 'pg'), says: owned },
  'pg, in a service, outside of postgres/': {
    path: 'apps/user/src/x.ts',
    code: take('Pool', 'pg'),
    says: [/SQL lives in \*\*\/postgres\/\*\*: write the statement there/],
  },
  'pg, in a service, within postgres/': { path: 'apps/user/src/postgres/x.ts', code: take('Pool', 'pg') },
  'a value of rpc, in observability': {
    path: 'libs/observability/src/x.ts',
    code: take('createClient', '@gatehouse/rpc'),
    says: [/types alone \("import type"\): take the value as an argument, app\.ts joins the two/],
  },
  'a type of rpc, in observability': {
    path: 'libs/observability/src/x.ts',
    code: "import type { RpcCall } from '@gatehouse/rpc';\nexport type Seen = RpcCall;\n",
  },
  'a repository, in the domain': {
    path: 'apps/user/src/user.ts',
    code: take('x', './user-repository'),
    says: [/The domain knows @gatehouse\/errors and its contract alone: hand over/],
  },
  'an error of the contract, in the domain': { path: 'apps/user/src/user.ts', code: take('userNotFound', '@gatehouse/contracts/user') },
  'what is for tests, in a service': {
    path: 'apps/user/src/x.ts',
    code: take('createTestAuthority', '@gatehouse/rpc/testing'),
    says: [/for tests alone: take what you need from the index\.ts/],
  },
  "what is for tests, in the lib's own code": { path: 'libs/rpc/src/x.ts', code: take('x', './testing'), says: [/for tests alone/] },
  'what is for tests, in a test': { path: 'apps/user/test/x.test.ts', code: take('createTestAuthority', '@gatehouse/rpc/testing') },
  'the environment, outside of config.ts': {
    path: 'apps/user/src/x.ts',
    code: "export const x = process.env['X'];\n",
    says: [/process\.env/, /config\.ts alone reads the environment; add a setting to its schema/],
  },
  'the environment, by another name': {
    path: 'apps/user/src/x.ts',
    code: take('env', 'node:process'),
    says: [/Write process\.env, which config\.ts alone reads/],
  },
  'the environment, of globalThis': { path: 'apps/user/src/x.ts', code: "export const x = globalThis.process.env['X'];\n", says: [/Write process\.env/] },
  'the environment, taken out of process': {
    path: 'apps/user/src/x.ts',
    code: "const { env } = process;\nexport const x = env['X'];\n",
    says: [/Write process\.env/],
  },
  'all of process': { path: 'apps/user/src/x.ts', code: "import * as p from 'node:process';\nexport const x = p.env['X'];\n", says: [/Write process\.env/] },
  'a file within grpc-js, in an app': { path: 'apps/gateway/src/x.ts', code: take('Client', '@grpc/grpc-js/build/src/client'), says: owned },
  'an import when it is first needed, which the rules do not see': {
    path: 'apps/user/src/x.ts',
    code: "export const x = () => import('@gatehouse/rpc/testing');\n",
    says: [/Import it at the top of the file, where the rules of imports see it/],
  },
  'an import when it is first needed, in a test': { path: 'apps/user/test/x.test.ts', code: "export const x = () => import('pg');\n" },
  'the environment, in config.ts': { path: 'apps/user/src/config.ts', code: "export const x = process.env['X'];\n" },
  'a package for development alone, in a service': {
    path: 'apps/user/src/x.ts',
    code: take('DescFile', '@bufbuild/protoplugin'),
    says: [/should be listed in the project's dependencies/, /what is shipped stands in "dependencies" of package\.json/],
  },
  'a package for development alone, in a test': { path: 'apps/user/test/x.test.ts', code: take('DescFile', '@bufbuild/protoplugin') },
  'everything of another file, exported': { path: 'libs/errors/src/x.ts', code: "export * from './app-error';\n", says: [/List the names/] },
  'a default export': { path: 'libs/errors/src/x.ts', code: 'export default 1;\n', says: [/Prefer named exports/, /export it by its name/] },
  'an index.ts in a folder': { path: 'apps/user/src/postgres/index.ts', code: 'export const x = 1;\n', says: [/an index\.ts stands at a lib's root alone/] },
  "a lib's index.ts": { path: 'libs/errors/src/index.ts', code: "export { AppError } from './app-error';\n" },
  'a file named utils': { path: 'apps/user/src/utils.ts', code: 'export const x = 1;\n', says: drawer },
  'a folder named common': { path: 'libs/rpc/src/common/x.ts', code: 'export const x = 1;\n', says: drawer },
  'a tool named helpers': { path: 'tools/checks/helpers.mts', code: 'export const x = 1;\n', says: drawer },
  'a file named -manager': { path: 'apps/auth/src/session-manager.ts', code: 'export const x = 1;\n', says: suffix },
  'a file that has such a word in its name': { path: 'apps/auth/src/shared-session.ts', code: 'export const x = 1;\n' },
  'a class named Impl': { path: 'apps/user/src/x.ts', code: 'export class UserServiceImpl {}\n', says: suffix },
  'an interface named Dto': { path: 'apps/user/src/x.ts', code: 'export interface UserDto { id: string }\n', says: suffix },
  'a type named Base': { path: 'apps/user/src/x.ts', code: 'export type UserBase = string;\n', says: suffix },
  'a function named Impl': { path: 'apps/user/src/x.ts', code: 'export function getUserImpl() {}\n', says: suffix },
  'a function that finds a base': { path: 'apps/user/src/x.ts', code: 'export const findBase = 1;\n' },
  'a comment that puts something off': {
    path: 'apps/user/src/x.ts',
    code: '// TODO: later\nexport const x = 1;\n',
    says: [/TODO is forgotten here: mend it now, or write TODO\(issue 12\)/],
  },
  'a comment that says FIXME': { path: 'apps/user/src/x.ts', code: '/* FIXME */\nexport const x = 1;\n', says: [/FIXME is forgotten here/] },
  'a comment that names the issue': { path: 'apps/user/src/x.ts', code: '// TODO(issue 12): later. NOTE: here\nexport const x = 1;\n' },
};

let said: Record<string, readonly string[]>;
beforeAll(() => {
  // ESLint's configuration is an ES module, which needs a process without jest
  const { stdout, stderr } = spawnSync(process.execPath, ['tools/checks/test/lint-texts.mts'], {
    cwd: workspace,
    encoding: 'utf8',
    input: JSON.stringify(cases),
  });
  if (!stdout) throw new Error(stderr);
  said = JSON.parse(stdout);
});

const isRefused = ([, { says }]: [string, Case]) => says !== undefined;

it.each(Object.entries(cases).filter(isRefused))('%s is refused, with the next step', (name, { says }) => {
  for (const sentence of says!) expect(said[name]!.join('\n')).toMatch(sentence);
});

it.each(Object.entries(cases).filter((each) => !isRefused(each)))('%s is allowed', (name) => expect(said[name]).toEqual([]));
