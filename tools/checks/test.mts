// `npm test`: every check that needs nothing but npm. The last line counts the tests that ran; a check that failed without
// a test of its own counts as one.
import { rmSync } from 'node:fs';
import { conclude } from './counts.mts';
import { run } from './run.mts';

rmSync('tmp/tests', { recursive: true, force: true });
const env = { ...process.env, NX_DAEMON: 'false', NX_TUI: 'false' };
const nx = (title: string, targets: readonly string[], parallel: number, ...which: readonly string[]) =>
  run(title, 'nx', ['run-many', '--output-style=static', `--parallel=${parallel}`, '-t', ...targets, ...which], env);

// the lock file installs everywhere; each method says who may call it; the contract breaks nobody; the last release can live with the migrations; the pages are current
const isChecked = await nx('checks', ['lock-file', 'licences', 'format', 'unused', 'lint', 'typecheck', 'rules', 'breaking', 'migrations', 'check'], 2);
// tests wait more than they work, so three projects share two cores; Nx would come to the two that take longest at the end, and wait for them
const longest = 'auth,bench';
const areTested = await Promise.all([
  nx(`tests of ${longest}`, ['test'], 1, `--projects=${longest}`),
  nx('tests of the others', ['test'], 2, `--exclude=${longest}`),
]);
const isWalked = await nx('end to end', ['e2e'], 1);

conclude('test', 'tmp/tests', areTested.every(Boolean) && isWalked, isChecked ? 0 : 1);
