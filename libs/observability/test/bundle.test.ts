import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createTestCollector } from '../src/testing';

const root = join(__dirname, '../../..');
const folder = mkdtempSync(join(tmpdir(), 'gatehouse-observability-'));
const bundle = join(folder, 'main.cjs');
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('a process that is one bundled file', () => {
  it('sends its spans, nested, with nothing of its command line', async () => {
    const options = ['--bundle', '--platform=node', '--format=cjs', '--target=node24', '--keep-names', `--outfile=${bundle}`, '--log-level=warning'];
    execFileSync(join(root, 'node_modules/.bin/esbuild'), [join(__dirname, 'process/traced-process.ts'), ...options], { cwd: root });
    const collector = await createTestCollector();
    try {
      const { stdout, stderr } = await promisify(execFile)(process.execPath, [bundle, collector.url, '--password=hunter2'], { cwd: folder });
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
});
