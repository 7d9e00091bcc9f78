// `npm test`: every check that needs nothing but npm. The last line counts the tests that ran; a check that failed without
// a test of its own counts as one.
import { rmSync } from 'node:fs';
import { conclude } from './counts.mts';
import { run } from './run.mts';

rmSync('tmp/tests', { recursive: true, force: true });
const env = { ...process.env, NX_DAEMON: 'false', NX_TUI: 'false' };
const nx = (title: string, targets: readonly string[], parallel: number) =>
  run(title, 'nx', ['run-many', '--output-style=static', `--parallel=${parallel}`, '-t', ...targets], env);

// the lock file installs everywhere; each method says who may call it; the contract breaks nobody; the last release can live with the migrations; the pages are current
const isChecked = await nx('checks', ['lock-file', 'licences', 'format', 'unused', 'lint', 'typecheck', 'rules', 'breaking', 'migrations', 'check'], 2);
// tests wait more than they work, so three projects share two cores
const isTested = await nx('tests', ['test'], 3);
const isWalked = await nx('end to end', ['e2e'], 1);

conclude('test', 'tmp/tests', isTested && isWalked, isChecked ? 0 : 1);
