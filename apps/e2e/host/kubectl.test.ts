import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';

it('the rendered installations are what Kustomize makes of their files', () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['tools/docs/kubernetes/main.mts', '--check'], {
    cwd: resolve(__dirname, '../../..'),
    encoding: 'utf8',
  });
  expect({ status, said: stdout + stderr }).toEqual({ status: 0, said: '' });
});
