import { build, type BuildOptions } from 'esbuild';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

const root = join(__dirname, '../../..');
let folder: string;
let bundle: string;
const esbuildConfig = createRequire(__filename)(join(root, 'tools/esbuild.config.cjs')) as BuildOptions;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-lifecycle-'));
  bundle = join(folder, 'app.cjs');
  await build({
    ...esbuildConfig,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    entryPoints: [join(__dirname, 'process/app.ts')],
    outfile: bundle,
    outExtension: {},
    absWorkingDir: root,
    logLevel: 'warning',
  });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Line {
  event: string;
  [field: string]: unknown;
}
const running: ChildProcess[] = [];
afterEach(() => running.splice(0).forEach((child) => child.kill('SIGKILL')));

function start(env: NodeJS.ProcessEnv = {}) {
  const child = spawn(process.execPath, [bundle], { env: { APP_PORT: '0', ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  running.push(child);
  let output = '';
  let errors = '';
  child.stdout.on('data', (text) => (output += text));
  child.stderr.on('data', (text) => (errors += text));
  const ended = once(child, 'close').then(([code]) => code as number | null);
  const lines = () =>
    output
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Line);
  return {
    child,
    ended,
    lines,
    errors: () => errors,
    async event(name: string): Promise<Line> {
      for (const end = Date.now() + 10_000; Date.now() < end; await pause(5)) {
        const line = lines().find(({ event }) => event === name);
        if (line) return line;
      }
      throw new Error(`no ${name} in:\n${output}${errors}`);
    },
  };
}
const isReady = async (port: unknown) => (await fetch(`http://127.0.0.1:${port}/readyz`)).status;

describe('a process that is told to end', () => {
  it.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)(
    'is not ready at once, serves through the grace, answers what is in flight, and exits 0 (%s)',
    async (signal) => {
      const app = start({ SHUTDOWN_GRACE_MS: '400' });
      const { port, adminPort } = await app.event('listening');
      expect(await isReady(adminPort)).toBe(200);
      app.child.kill(signal);
      await app.event('ready');
      while (app.lines().filter(({ event }) => event === 'ready').length < 2) await pause(5);
      expect(await isReady(adminPort)).toBe(503);
      // one that comes within the grace and is still in flight when closing begins
      await pause(150);
      const late = fetch(`http://127.0.0.1:${port}`, { headers: { connection: 'close' } }).then((answer) => answer.text());
      await app.event('closing');
      expect(app.lines().map(({ event }) => event)).toContain('asked');
      expect(await late).toBe('answered');
      expect(await app.ended).toBe(0);
      expect(app.lines().at(-1)).toEqual({ event: 'closed' });
    },
  );

  it('finishes its start first when the signal comes too early', async () => {
    const app = start({ APP_SCENE: 'starts slowly' });
    await app.event('starting');
    app.child.kill('SIGTERM');
    expect(await app.ended).toBe(0);
    const events = app.lines().map(({ event }) => event);
    expect(events.filter((event) => event !== 'ready')).toEqual(['starting', 'listening', 'closing', 'closed']);
  });

  it('exits 1 at once at the second signal', async () => {
    const app = start({ APP_SCENE: 'never closes', SHUTDOWN_TIMEOUT_MS: '60000' });
    await app.event('listening');
    app.child.kill('SIGINT');
    await app.event('closing');
    await new Promise((resolve) => setTimeout(resolve, 1_050));
    const asked = Date.now();
    app.child.kill('SIGTERM');
    expect(await app.ended).toBe(1);
    expect(Date.now() - asked).toBeLessThan(2_000);
  });

  it('takes a signal that echoes the first for the same wish', async () => {
    const app = start({ APP_SCENE: 'never closes', SHUTDOWN_TIMEOUT_MS: '60000' });
    await app.event('listening');
    app.child.kill('SIGTERM');
    await app.event('closing');
    app.child.kill('SIGTERM');
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(app.child.exitCode).toBeNull();
    app.child.kill('SIGKILL');
    await app.ended;
  });

  it('exits 1 and says so when closing takes too long', async () => {
    const app = start({ APP_SCENE: 'never closes', SHUTDOWN_TIMEOUT_MS: '200' });
    await app.event('listening');
    app.child.kill('SIGTERM');
    expect(await app.ended).toBe(1);
    expect(app.lines().at(-1)).toEqual({ event: 'error', message: 'the process did not end in time', error: 'Error: closing took more than 200 ms' });
  });

  it('exits 1 and says so when closing fails', async () => {
    const app = start({ APP_SCENE: 'breaks at the end' });
    await app.event('listening');
    app.child.kill('SIGTERM');
    expect(await app.ended).toBe(1);
    expect(app.lines().at(-1)).toMatchObject({ event: 'error', error: 'Error: the end broke' });
  });
});

describe('a process that cannot start', () => {
  it('names every wrong setting, none of their values, and exits 1', async () => {
    const app = start({ APP_PORT: 'http', APP_KEY: 'hunter2', SHUTDOWN_GRACE_MS: '-1' });
    expect(await app.ended).toBe(1);
    expect(app.errors()).toBe(
      [
        'cannot start as configured:',
        '  SHUTDOWN_GRACE_MS: must be a whole number from 0 to 600000 (how long the process goes on serving after SIGTERM, not ready any more, so that load balancers notice)',
        '  APP_PORT: must be a whole number from 0 to 65535',
        '  APP_KEY: must be 32 bytes in base64: "openssl rand -base64 32" makes one',
        '',
      ].join('\n'),
    );
  });

  it('names the port that is taken and its setting, and exits 1', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const app = start({ APP_PORT: String(port) });
    expect(await app.ended).toBe(1);
    expect(app.errors()).toBe(`cannot start as configured:\n  APP_PORT: port ${port} is taken; stop what listens there, or set a free one\n`);
    other.close();
  });

  it('shows an error of any other kind whole, and exits 1', async () => {
    const app = start({ APP_SCENE: 'breaks at the start' });
    expect(await app.ended).toBe(1);
    expect(app.errors()).toMatch(/^the process could not start: Error: the start broke\n {4}at /);
  });
});

describe('an error that nobody waits for', () => {
  it('is logged and ends nothing when it is a rejection', async () => {
    const app = start({ APP_SCENE: 'rejects' });
    const { adminPort } = await app.event('listening');
    expect(await app.event('error')).toMatchObject({ message: 'nothing handled this rejection', error: 'Error: a stray promise' });
    expect(await isReady(adminPort)).toBe(200);
    app.child.kill('SIGTERM');
    expect(await app.ended).toBe(0);
  });

  it('is logged and ends the process with 1 when it is an exception', async () => {
    const app = start({ APP_SCENE: 'throws' });
    expect(await app.ended).toBe(1);
    expect(app.lines().at(-1)).toMatchObject({ event: 'error', message: 'nothing caught this exception' });
  });
});
