import { build, type BuildOptions } from 'esbuild';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createTestCollector } from '../src/testing';

const root = join(__dirname, '../../..');
const esbuildConfig = createRequire(__filename)(join(root, 'tools/esbuild.config.cjs')) as BuildOptions;
const folder = mkdtempSync(join(tmpdir(), 'gatehouse-observability-'));
const entryPoints = ['traced', 'dying'].map((name) => join(__dirname, `process/${name}-process.ts`));
const [bundle, dying] = ['traced', 'dying'].map((name) => join(folder, `${name}-process.cjs`)) as [string, string];
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Bundled as the services are. */
beforeAll(() =>
  build({ ...esbuildConfig, bundle: true, platform: 'node', format: 'cjs', entryPoints, outdir: folder, absWorkingDir: root, logLevel: 'warning' }),
);

describe('a process that is one bundled file', () => {
  it.each([
    ['http/protobuf', 'url'],
    ['http/json', 'url'],
    ['grpc', 'grpcUrl'],
  ] as const)('sends its spans by %s, nested, with nothing of its command line, and needs no package beside it', async (protocol, url) => {
    const collector = await createTestCollector();
    try {
      const { stdout, stderr } = await promisify(execFile)(process.execPath, [bundle, collector[url], protocol, '--password=hunter2'], { cwd: folder });
      const [http] = await collector.waitForSpans(({ kind }) => kind === 'SERVER');
      const [query] = await collector.waitForSpans(({ kind }) => kind === 'CLIENT');
      expect(query).toMatchObject({ name: 'find', traceId: http!.traceId, parentSpanId: http!.spanId, serviceName: 'bundled' });
      expect(JSON.stringify(collector.spans)).not.toContain('hunter2');
      expect(JSON.parse(stdout)).toMatchObject({ body: 'call', trace_id: http!.traceId, span_id: http!.spanId });
      expect(stderr).toBe('');
    } finally {
      await collector.close();
    }
  });

  it.each(['exit', 'exception'])('loses no line to an end by %s', async (end) => {
    const { stdout, code } = (await promisify(execFile)(process.execPath, [dying, end], { cwd: folder }).catch(
      (error: { stdout: string; code: number }) => error,
    )) as { stdout: string; code?: number };
    expect(code).toBe(end === 'exit' ? 3 : 1);
    expect(
      stdout
        .trim()
        .split('\n')
        .map((line) => (JSON.parse(line) as { request_id: string }).request_id),
    ).toEqual(['the last']);
  });
});
