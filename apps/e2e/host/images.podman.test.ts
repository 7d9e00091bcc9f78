import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';

it('two containers of each image, mutually authenticated, sign somebody up and drop no request while each in turn is stopped and started', async () => {
  const workspace = resolve(__dirname, '../../..');
  const { stdout } = await promisify(execFile)('npx', ['nx', 'run', 'image:verify', '--output-style=static'], {
    cwd: workspace,
    env: { ...process.env, NX_DAEMON: 'false' },
    maxBuffer: 16 << 20,
    timeout: 600_000,
  });
  const lines = stdout.split('\n').filter((line) => /^(gatehouse-|sign-up|stop of)/.test(line));
  // the figures are for who reads the run
  console.log(lines.join('\n'));
  expect(lines.filter((line) => line.startsWith('stop of'))).toHaveLength(6);
}, 600_000);
