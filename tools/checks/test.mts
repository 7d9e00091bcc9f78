// `npm test`: every check that needs nothing but npm. The last line counts the tests that ran; a check that failed without
// a test of its own counts as one.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { readCounts, toLine } from './counts.mts';
import { run } from './run.mts';

rmSync('tmp/tests', { recursive: true, force: true });
const env = { ...process.env, NX_DAEMON: 'false', NX_TUI: 'false' };
const nx = (title: string, ...args: string[]) => run(title, 'nx', [...args, '--output-style=static'], env);

const checks = [
  await run('the lock file installs everywhere', 'node', ['tools/checks/lock-file.mts']),
  await nx('lint and types', 'run-many', '-t', 'lint', 'typecheck', '--parallel=2'),
  await nx('the contract breaks nobody', 'run', 'proto:breaking'),
  await nx('the last release can live with the migrations', 'run', 'release:migrations'),
  await run('the pages made from code are current', 'node', ['tools/docs/all.mts', '--check']),
];
const isTested = await nx('tests', 'run-many', '-t', 'test', '--parallel=2');
const isWalked = await nx('end to end', 'run-many', '-t', 'e2e', '--parallel=1');

const counts = readCounts('tmp/tests');
counts.failed += checks.filter((isGood) => !isGood).length;
if (!(isTested && isWalked) && counts.failed === 0) counts.failed = 1;
mkdirSync('tmp/counts', { recursive: true });
writeFileSync('tmp/counts/test.json', JSON.stringify(counts));
console.log(`\n${toLine(counts)}`);
process.exitCode = counts.failed ? 1 : 0;
