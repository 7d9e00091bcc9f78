import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createGatewayYaml } from '../src/openapi';

const workspace = resolve(__dirname, '../../..');
let folder: string;
beforeAll(() => {
  // beside node_modules, where types are looked for
  mkdirSync(join(workspace, 'tmp'), { recursive: true });
  folder = mkdtempSync(join(workspace, 'tmp', 'openapi-'));
  writeFileSync(join(folder, 'openapi.yaml'), createGatewayYaml());
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What a command says that fails; nothing of one that goes well. */
const complaintsOf = (command: string, args: readonly string[]) => {
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8', cwd: workspace });
  return status === 0 ? '' : `${stdout}${stderr}`;
};

it('two independent linters find nothing wrong with the document', () => {
  const findings = execFileSync(process.execPath, ['apps/gateway/test/lint-openapi.mts', join(folder, 'openapi.yaml')], { encoding: 'utf8', cwd: workspace });
  expect(findings.split('\n').filter(Boolean)).toEqual([]);
});

it('a client in TypeScript can be typed by it', () => {
  const types = join(folder, 'openapi.d.ts');
  expect(complaintsOf(process.execPath, ['node_modules/openapi-typescript/bin/cli.js', join(folder, 'openapi.yaml'), '-o', types])).toBe('');
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({ compilerOptions: { types: [], module: 'esnext', moduleResolution: 'bundler' }, files: ['client.ts', 'openapi.d.ts'] }),
  );
  writeFileSync(
    join(folder, 'client.ts'),
    `import type { components, operations } from './openapi';
export const request: operations['UserService_CreateUser']['requestBody']['content']['application/json'] = { email: 'ada@example.com' };
export const status: components['schemas']['UserStatus'] = 'USER_STATUS_ACTIVE';
export const emailOf = (user: operations['UserService_GetUser']['responses']['200']['content']['application/json']): string | undefined => user.email;
// @ts-expect-error there is no such status
export const wrong: components['schemas']['UserStatus'] = 'ACTIVE';
`,
  );
  expect(complaintsOf(process.execPath, ['node_modules/typescript/bin/tsc', '--strict', '--noEmit', '-p', folder])).toBe('');
});
