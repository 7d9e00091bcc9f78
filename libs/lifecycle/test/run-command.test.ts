import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(__dirname, '../../..');
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-commands-'));
  execFileSync(join(root, 'node_modules/.bin/esbuild'), [join(__dirname, 'process/commands.ts'), '--bundle', '--platform=node', `--outfile=${join(folder, 'main.cjs')}`, '--log-level=warning'], { cwd: root });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function run(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(folder, 'main.cjs'), ...args], { encoding: 'utf8' });
  return { status, stdout: stdout.trim(), stderr: stderr.trim() };
}

describe('a process with commands', () => {
  it('serves unless it is told something else', () => {
    expect(run()).toEqual({ status: 0, stdout: 'serving', stderr: '' });
    expect(run('migrate')).toEqual({ status: 0, stdout: 'migrated', stderr: '' });
  });

  it.each([[['fly']], [['migrate', 'twice']], [['constructor']]])('names the commands there are when %j is none', (args) => {
    const { status, stdout, stderr } = run(...args);
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toContain(`unknown command: ${args.join(' ')}; there is serve, migrate, bootstrap`);
  });

  it('says which option it does not know, without a stack', () => {
    const { status, stderr } = run('--fast');
    expect(status).toBe(1);
    expect(stderr).toContain("'--fast'");
    expect(stderr).not.toContain('    at ');
  });

  it('says what broke, with its frames and with none of the values that came with it', () => {
    const { status, stderr } = run('repair');
    expect(status).toBe(1);
    expect(stderr).toMatch(/^error: duplicate key value violates unique constraint "users_email_key" \(23505\)\n {4}at .*main\.cjs/);
    expect(stderr).not.toMatch(/ada@|hunter2/);
  });

  it('says in a line why a command cannot do its work as configured', () => {
    expect(run('bootstrap')).toEqual({ status: 1, stdout: '', stderr: 'cannot start as configured:\n  AUTH_BOOTSTRAP_EMAIL: is required' });
  });
});
