import { build } from 'esbuild';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Gatehouse, startGatehouse } from './support/gatehouse';
import { logIn } from './support/http';

const workspace = resolve(__dirname, '../../..');
/** The code of the page, as its reader would copy it. */
const [, example = ''] = /^```ts\n([^]*?)^```/m.exec(readFileSync(join(workspace, 'docs/clients.md'), 'utf8')) ?? [];
let gatehouse: Gatehouse;
let folder: string;
beforeAll(async () => {
  mkdirSync(join(workspace, 'tmp'), { recursive: true });
  folder = mkdtempSync(join(workspace, 'tmp', 'typed-client-'));
  gatehouse = await startGatehouse();
});
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await gatehouse.close();
});

it("the example of docs/clients.md compiles as long as it names each of the method's reasons, and none that it has not", () => {
  // with what it returns, unless it falls through
  const cases = [...example.matchAll(/^ +case '(\w+)':\n( +return .*\n)?/gm)].map(([lines, reason]) => ({ lines, reason: reason! }));
  const declared = cases.filter(({ reason }) => reason !== 'VALIDATION_FAILED');
  expect(declared.length).toBeGreaterThanOrEqual(4);
  const variants = {
    example,
    ...Object.fromEntries(declared.map(({ lines, reason }) => [`without-${reason}`, example.replace(lines, '')])),
    invented: example.replace(cases[0]!.lines, (lines) => `      case 'INVENTED':\n${lines}`),
  };
  for (const [name, code] of Object.entries(variants)) writeFileSync(join(folder, `${name}.ts`), code);
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({
      extends: '../../tsconfig.base.json',
      compilerOptions: { noEmit: true, types: ['node'] },
      files: Object.keys(variants).map((name) => `${name}.ts`),
    }),
  );
  const { stdout } = spawnSync(process.execPath, [join(workspace, 'node_modules/typescript/bin/tsc'), '-p', folder, '--pretty', 'false'], {
    encoding: 'utf8',
    cwd: folder,
  });
  const refused = [...stdout.matchAll(/^(\S+)\.ts\(\d+,\d+\): error/gm)].map(([, name]) => name);
  expect(new Set(refused)).toEqual(new Set(Object.keys(variants).filter((name) => name !== 'example')));
});

it('the example of docs/clients.md tells what a call gave, and by its reason why it gave nothing', async () => {
  writeFileSync(join(folder, 'example.ts'), example);
  await build({
    entryPoints: [join(folder, 'example.ts')],
    bundle: true,
    platform: 'node',
    format: 'cjs',
    outfile: join(folder, 'example.cjs'),
    tsconfig: join(workspace, 'tsconfig.base.json'),
  });
  const token = await logIn(gatehouse.url, gatehouse.administrator);
  const target = `127.0.0.1:${gatehouse.ports.userGrpc}`;
  const run = (...args: string[]) => spawnSync(process.execPath, [join(folder, 'example.cjs'), ...args], { encoding: 'utf8' }).stdout.trim();
  const renamed = run(target, token, 'Grace');
  const [, etag = ''] = /^you are Grace at (.+)$/.exec(renamed) ?? [];
  expect(run(target, token, 'Ada', etag)).toMatch(/^you are Ada at /);
  expect(run(target, token, 'Barbara', etag)).toBe('somebody was faster: read it again');
  expect(run(target, token, 'x'.repeat(201))).toBe('user.displayName must be at most 200 characters');
  expect(run(target, 'no token')).toBe('TOKEN_INVALID');
});
