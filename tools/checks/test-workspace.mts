// `npm run test:workspace`: tests of the workspace itself, which change copies of it: generators, what a change reaches, releases,
// `npm run dev`. They need nothing but npm.
import { rmSync } from 'node:fs';
import { conclude } from './counts.mts';
import { run } from './run.mts';

rmSync('tmp/workspace-tests', { recursive: true, force: true });
const env = { ...process.env, NX_DAEMON: 'false', NX_TUI: 'false' };
const isGood = await run('tests of the workspace', 'nx', ['run-many', '-t', 'workspace', '--parallel=2', '--output-style=static'], env);
conclude('test-workspace', 'tmp/workspace-tests', isGood);
