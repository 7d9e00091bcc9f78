import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const workspace = resolve(__dirname, '../../..');
const root = mkdtempSync(join(tmpdir(), 'gatehouse-objectives-'));
beforeAll(() => cpSync(join(workspace, 'proto/gatehouse/api/v1/options.proto'), join(root, 'gatehouse/api/v1/options.proto'), { recursive: true }));
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** What the rules are made from when a contract has this method. */
function read(method: string): { objectives?: unknown; said: string } {
  mkdirSync(join(root, 'gatehouse/a/v1'), { recursive: true });
  writeFileSync(
    join(root, 'gatehouse/a/v1/a.proto'),
    `syntax = "proto3"; package gatehouse.a.v1; import "gatehouse/api/v1/options.proto"; message M {} service A { ${method} }`,
  );
  const code = `import { readObjectives } from './tools/docs/observability/objectives.mts'; console.log(JSON.stringify(readObjectives(${JSON.stringify(root)})))`;
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', code], {
    cwd: workspace,
    encoding: 'utf8',
    env: { ...process.env, PATH: `${join(workspace, 'node_modules/.bin')}:${process.env['PATH']}` },
  });
  return { ...(status === 0 ? { objectives: JSON.parse(stdout) } : {}), said: stderr };
}
const withObjective = (objective: string) => read(`rpc Do(M) returns (M) { option (gatehouse.api.v1.objective) = {${objective}}; }`);

it('a method is held to what it says, and where it says nothing to what all are held to', () => {
  expect(withObjective('availability: 0.9999 latency: {seconds: 2 nanos: 500000000} latency_ratio: 0.95').objectives).toEqual([
    { method: 'gatehouse.a.v1.A/Do', availability: 0.9999, latency: { seconds: 2.5, share: 0.95 } },
  ]);
  expect(withObjective('availability: 0.99').objectives).toEqual([
    { method: 'gatehouse.a.v1.A/Do', availability: 0.99, latency: { seconds: 0.25, share: 0.99 } },
  ]);
  expect(read('rpc Do(M) returns (M);').objectives).toEqual([{ method: 'gatehouse.a.v1.A/Do', availability: 0.999, latency: { seconds: 0.25, share: 0.99 } }]);
});

it('a stream has no time by which it has to end', () => {
  expect(read('rpc Watch(M) returns (stream M);').objectives).toEqual([{ method: 'gatehouse.a.v1.A/Watch', availability: 0.999 }]);
});

it.each([
  ['latency: {nanos: 200000000}', '0.2 s is no bound of the histogram'],
  ['availability: 1', 'an objective of 1 cannot be watched over'],
  ['availability: 0.9', 'an objective of 0.9 cannot be watched over'],
])('%s, of which no alert could be made, stops the making of the rules', (objective, reason) => {
  const { objectives, said } = withObjective(objective);
  expect(objectives).toBeUndefined();
  expect(said).toContain(`gatehouse.a.v1.A/Do: ${reason}`);
});
