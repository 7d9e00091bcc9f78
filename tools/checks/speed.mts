// How long a developer waits, in a fresh clone of HEAD: for everything at first, for everything again, and for one changed line.
// `npm run proof -- development` takes it and writes the figures down. `speed.mts <clone>` takes what does not begin with nothing, in a clone
// that has everything in its cache.
import { readServices, toPortSettings } from '#services';
import { execFileSync, spawn } from 'node:child_process';
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const rounds = 3;
const [given] = process.argv.slice(2);
const clone = given ?? mkdtempSync(join(tmpdir(), 'speed-'));
const source = 'apps/user/src/user.ts';
// the tests at their everyday sizes
const { PROOF: _full, ...own } = process.env;
const env: NodeJS.ProcessEnv = { ...own, CI: 'true', NX_DAEMON: 'false', NX_TUI: 'false', PATH: `${clone}/node_modules/.bin:${own.PATH}` };
const figures: Record<string, number> = {};
const timed = (command: string, ...args: string[]): number => {
  const start = performance.now();
  execFileSync(command, args, { cwd: clone, env, stdio: ['ignore', 'inherit', 'inherit'] });
  return (performance.now() - start) / 1_000;
};
const middle = (values: readonly number[]) => [...values].sort((one, other) => one - other)[Math.floor(values.length / 2)]!;
const repeat = async (once: (round: number) => number | Promise<number>) => {
  const values: number[] = [];
  for (let round = 0; round < rounds; round++) values.push(await once(round));
  return middle(values);
};
const note = (name: string, seconds: number) => {
  figures[name] = Math.round(seconds * 10) / 10;
  console.log(`${name}: ${figures[name]} s`);
};
const change = (round: number) => appendFileSync(join(clone, source), `\nObject.assign(globalThis, { round${round}: ${Date.now()} });\n`);

async function freePort(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((listening) => server.once('listening', listening));
  const { port } = server.address() as AddressInfo;
  await new Promise((closed) => server.close(closed));
  return String(port);
}

/** From a saved line to the service that is ready with it, `npm run dev` running. */
async function measureRestarts(): Promise<number> {
  const settings = [...readServices(clone).flatMap(toPortSettings), 'GATEHOUSE_LOOK_PORT'];
  const ports = Object.fromEntries(await Promise.all(settings.map(async (setting) => [setting, await freePort()])));
  const child = spawn('npm', ['run', 'dev', '--', '--no-inspect'], {
    cwd: clone,
    env: { ...env, ...ports },
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  });
  let output = '';
  child.stdout.on('data', (chunk) => (output += chunk));
  const until = async (pattern: RegExp) => {
    const end = Date.now() + 120_000;
    while (!pattern.test(output)) {
      if (Date.now() > end || child.exitCode !== null) throw new Error(`npm run dev never said ${pattern}:\n${output}`);
      await new Promise((later) => setTimeout(later, 10));
    }
    output = '';
  };
  try {
    await until(/watching the sources/);
    return await repeat(async (round) => {
      // types are checked after a restart, and are not waited for
      await new Promise((later) => setTimeout(later, 3_000));
      output = '';
      const start = performance.now();
      change(round);
      await until(/user: rebuilt in .* restarted in /);
      return (performance.now() - start) / 1_000;
    });
  } finally {
    process.kill(-child.pid!, 'SIGINT');
    await new Promise((exited) => child.once('exit', exited));
  }
}

try {
  if (!given) {
    execFileSync('git', ['clone', '-q', resolve('.'), clone]);
    execFileSync('npm', ['ci', '--prefer-offline', '--no-audit', '--no-fund'], { cwd: clone, stdio: ['ignore', 'ignore', 'inherit'] });
    note('test', timed('npm', 'test'));
  }
  note('cached', await repeat(() => timed('npm', 'test')));
  note('types', timed('nx', 'run-many', '-t', 'typecheck', '--skip-nx-cache', '--parallel=2'));
  note(
    'verdict',
    await repeat((round) => {
      change(round);
      return timed('nx', 'test', 'user', 'src/');
    }),
  );
  execFileSync('git', ['checkout', '-q', source], { cwd: clone });
  note('restart', await measureRestarts());
  mkdirSync('tmp/measurements', { recursive: true });
  writeFileSync('tmp/measurements/development.json', JSON.stringify(figures));
} finally {
  if (!given) rmSync(clone, { recursive: true, force: true });
}
