// `npm run test:workspace`: tests of the workspace itself, which change copies of it: generators, what a change reaches, releases,
// `npm run dev`. They need nothing but npm.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { readCounts, toLine } from './counts.mts';
import { run } from './run.mts';

rmSync('tmp/workspace-tests', { recursive: true, force: true });
const env = { ...process.env, NX_DAEMON: 'false', NX_TUI: 'false' };
const isGood = await run('tests of the workspace', 'nx', ['run-many', '-t', 'workspace', '--parallel=2', '--output-style=static'], env);
const counts = readCounts('tmp/workspace-tests');
if (!isGood && counts.failed === 0) counts.failed = 1;
mkdirSync('tmp/counts', { recursive: true });
writeFileSync('tmp/counts/test-workspace.json', JSON.stringify(counts));
console.log(`\n${toLine(counts)}`);
process.exitCode = counts.failed ? 1 : 0;
