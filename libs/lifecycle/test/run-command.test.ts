import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(__dirname, '../../..');
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-commands-'));
  execFileSync(
    join(root, 'node_modules/.bin/esbuild'),
    [join(__dirname, 'process/commands.ts'), '--bundle', '--platform=node', `--outfile=${join(folder, 'main.cjs')}`, '--log-level=warning'],
    { cwd: root },
  );
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const run = (...args: string[]) => runWith({}, ...args);
function runWith(env: NodeJS.ProcessEnv, ...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(folder, 'main.cjs'), ...args], { encoding: 'utf8', env });
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
    expect(stderr).toContain(`unknown command: ${args.join(' ')}; there is serve, migrate, compare, bootstrap`);
  });

  it.each([
    ['SIGTERM', 143],
    ['SIGINT', 130],
    ['SIGHUP', 129],
  ] as const)('ends a command at %s by its own handler, as process 1 of a container has to', async (signal, code) => {
    const child = spawn(process.execPath, [join(folder, 'main.cjs'), 'wait'], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(child.stdout, 'data');
    child.kill(signal);
    expect(await once(child, 'exit')).toEqual([code, null]);
  });

  it('says which option it does not know, without a stack', () => {
    const { status, stderr } = run('--fast');
    expect(status).toBe(1);
    expect(stderr).toContain("'--fast'");
    expect(stderr).not.toContain('    at ');
  });

  it('takes the options of a command before and after it, and those of no other', () => {
    expect(run('compare')).toMatchObject({ status: 0, stdout: 'compared wet unlisted' });
    expect(run('compare', '--dry-run')).toMatchObject({ status: 0, stdout: 'compared dry unlisted' });
    expect(run('--list', 'compare')).toMatchObject({ status: 0, stdout: 'compared wet listed' });
    expect(run('compare', '--list', '--check-config')).toMatchObject({ status: 0, stdout: 'the configuration is valid for compare' });
    expect(run('migrate', '--dry-run')).toMatchObject({ status: 1, stderr: expect.stringContaining("'--dry-run'") });
    expect(run('compare', '--dry-run=no').status).toBe(1);
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

describe('--check-config', () => {
  it('says in one line that a command could run, and does not run it', () => {
    expect(run('--check-config')).toEqual({ status: 0, stdout: 'the configuration is valid for serve', stderr: '' });
    expect(run('migrate', '--check-config')).toEqual({ status: 0, stdout: 'the configuration is valid for migrate', stderr: '' });
  });

  it('names what is wrong and what is unknown together, without their values', () => {
    const { status, stdout, stderr } = runWith({ APP_PORT: 'hunter2', APP_PROT: 'hunter3', APP_SOMETHING_ELSE: 'hunter4' }, '--check-config');
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toBe(
      [
        'cannot start as configured:',
        '  APP_PORT: must be a whole number from 0 to 65535 (where it listens)',
        '  APP_PROT: is no setting of this service; did you mean APP_PORT?',
        '  APP_SOMETHING_ELSE: is no setting of this service',
      ].join('\n'),
    );
  });

  it('looks at more than settings where a command says so, as the command itself does before it begins', () => {
    expect(run('inspect')).toMatchObject({ status: 1, stdout: '', stderr: 'cannot start as configured:\n  APP_CERT_FILE: holds no certificate' });
    expect(runWith({ APP_PROT: '1' }, 'inspect', '--check-config')).toEqual({
      status: 1,
      stdout: '',
      stderr: 'cannot start as configured:\n  APP_CERT_FILE: holds no certificate\n  APP_PROT: is no setting of this service; did you mean APP_PORT?',
    });
  });
});

describe('a variable that is no setting', () => {
  it('is warned of, and stops nothing', () => {
    expect(runWith({ APP_PROT: 'hunter2' })).toEqual({
      status: 0,
      stdout: 'serving',
      stderr: 'warning: APP_PROT: is no setting of this service; did you mean APP_PORT?',
    });
  });

  it('is told that only secrets stand in files', () => {
    expect(runWith({ APP_PORT_FILE: '/run/port' }).stderr).toBe(
      'warning: APP_PORT_FILE: is no setting of this service: APP_PORT is no secret, and is not read from a file',
    );
  });

  it('is passed over where it is empty, or what Kubernetes tells of a Service', () => {
    const links = {
      APP_SERVICE_HOST: '10.0.0.1',
      APP_SERVICE_PORT: '80',
      APP_SERVICE_PORT_GRPC: '80',
      APP_X_PORT: 'tcp://10.0.0.1:80',
      APP_PORT_80_TCP: 'tcp://10.0.0.1:80',
      APP_PORT_80_TCP_ADDR: '10.0.0.1',
      APP_PROT: '',
    };
    expect(runWith(links)).toEqual({ status: 0, stdout: 'serving', stderr: '' });
    expect(runWith({ APP_X_PORT: '80' }).stderr).toContain('APP_X_PORT');
  });
});

it('takes a secret from the file that is named for it', () => {
  const file = join(folder, 'key');
  writeFileSync(file, `${Buffer.alloc(32, 7).toString('base64')}\n`);
  expect(runWith({ APP_KEY_FILE: file })).toEqual({ status: 0, stdout: 'serving with 7', stderr: '' });
});
