import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { type DevelopmentClone, makeDevelopmentClone } from './support/development';
import { freePort } from './support/free-port';
import { send, signUp } from './support/http';
import { type Launcher, processesOf, startLauncher } from './support/launcher';
import { until } from './support/service-process';

const message = 'apps/user/src/user-message.ts';
const plain = 'displayName: user.displayName,';
const lineOfIt =
  readFileSync(join(__dirname, '../../..', message), 'utf8')
    .split('\n')
    .findIndex((line) => line.includes(plain)) + 1;
const loud = 'displayName: user.displayName.toUpperCase(),';

let clone: DevelopmentClone;
let launcher: Launcher | undefined;
beforeAll(async () => {
  clone = await makeDevelopmentClone();
});
afterAll(async () => {
  if (launcher?.child.exitCode === null) launcher.child.kill('SIGTERM');
  await launcher?.exited;
  clone.remove();
});

const told = (line: string | RegExp) => until(String(line), () => launcher!.output().search(line) >= 0, 60_000);

describe('npm run dev', () => {
  let url: string;
  let token: string;
  let refreshToken: string;
  const displayName = async () => (await send(url, 'GET', '/v1/users/me', { token })).body.displayName;

  it('serves what was saved, restarts what the save reaches and nothing else, keeps who is signed in, and fails no reader who takes UNAVAILABLE for a while', async () => {
    launcher = clone.develop('--no-inspect');
    ({ url } = await launcher.ready());
    await told('watching the sources of user, auth, gateway');
    for (const service of ['user', 'auth', 'gateway']) expect(clone.bundleOf('dev', service)).toBe(clone.bundleOf('apps', service));
    const { body } = await signUp(url, 'reader@example.com');
    ({ accessToken: token, refreshToken } = body);
    expect(await displayName()).toBe('reader');
    const [user, auth, gateway] = clone.pids();

    const answers: unknown[] = [];
    let isReading = true;
    const reading = (async () => {
      while (isReading) {
        const { status, body } = await send(url, 'GET', '/v1/users/me', { token });
        // the gateway waits 1.5 s for a service that restarts, which is not enough where a machine is busy with much else
        if (body.code !== 'UNAVAILABLE') answers.push(status === 200 ? body.displayName : body);
        await pause(10);
      }
    })();
    clone.edit(message, plain, loud);
    await told(/^user: rebuilt in \S+ s, restarted in \S+ s \(apps\/user\/src\/user-message\.ts\)$/m);
    await until('the reader reads what was saved', () => answers.at(-1) === 'READER');
    isReading = false;
    await reading;
    expect(new Set(answers)).toEqual(new Set(['reader', 'READER']));

    const [laterUser, ...others] = clone.pids();
    expect(laterUser).not.toBe(user);
    expect(others).toEqual([auth, gateway]);
    expect((await send(url, 'POST', '/v1/auth/refresh', { body: { refreshToken } })).status).toBe(200);
  });

  it('tells what cannot be built, with its place, and what does not fit in its types, and goes on serving', async () => {
    const pids = clone.pids();
    clone.edit(message, loud, 'displayName: user.displayName..toUpperCase(),');
    await told(/^user: not rebuilt, the last good one keeps running \(apps\/user\/src\/user-message\.ts\)$/m);
    expect(launcher!.output()).toMatch(new RegExp(`Expected identifier but found "\\."\\s+apps/user/src/user-message\\.ts:${lineOfIt}:`));
    expect(await displayName()).toBe('READER');
    expect(clone.pids()).toEqual(pids);

    clone.edit(message, 'user.displayName..toUpperCase(),', 'user.displayName.length as unknown as boolean,');
    await told(new RegExp(`^user: its types do not fit, it runs nonetheless\\napps/user/src/user-message\\.ts\\(${lineOfIt},3\\): error TS2322`, 'm'));
    clone.edit(message, 'user.displayName.length as unknown as boolean,', plain.slice('displayName: '.length));
    await told('user: its types fit again');
    await until('the name is plain again', async () => (await displayName()) === 'reader');
  });

  it('tells what is wrong in a proto by its place alone, and generates what is mended', async () => {
    const proto = 'proto/gatehouse/user/v1/user.proto';
    clone.edit(proto, 'syntax = ', 'synax = ');
    await told(
      /^proto: not generated, all runs on as it was \(proto\/gatehouse\/user\/v1\/user\.proto\)\n(proto\/gatehouse\/user\/v1\/user\.proto:\d+:\d+:.*\n)+/m,
    );
    // what was told before may have any two letters: a password that was made by chance, for one
    const about = launcher!.output().slice(launcher!.output().indexOf('proto: not generated'));
    clone.edit(proto, 'synax = ', 'syntax = ');
    for (const noise of ['NX', 'Error: Command failed', 'Buffer(']) expect(about).not.toContain(noise);
    await told(/^proto: generated in/m);
  });

  it('applies a new migration before the service that needs it, and keeps the one of before where a migration fails', async () => {
    const migrations = join(clone.folder, 'apps/user/src/postgres/migrations');
    const [user] = clone.pids();
    const save = (sql: string) => writeFileSync(`${migrations}/0099_create_notes.sql`, sql);
    save('create table notes (id int primary key) nonsense');
    clone.edit('apps/user/src/postgres/migrations.ts', 'import lower', "import createNotes from './migrations/0099_create_notes.sql';\nimport lower");
    clone.edit('apps/user/src/postgres/migrations.ts', '\n  ],', "\n    { name: '0099_create_notes', sql: createNotes },\n  ],");
    await told(/^user: not restarted: user migrate ended with 1: its last lines stand above/m);
    expect(clone.pids()[0]).toBe(user);
    expect(await displayName()).toBe('reader');
    save('create table notes (id int primary key)');
    await told(/^user: rebuilt in \S+ s, migrated in \S+ s, restarted in \S+ s/m);
    expect(launcher!.output()).toContain('applied user/0099_create_notes');
    expect(await displayName()).toBe('reader');
  });

  it('runs on as it is when a service comes, which would stop the gateway, and goes on when that is gone', async () => {
    const pids = clone.pids();
    const folder = join(clone.folder, 'apps/billing');
    const project = readFileSync(join(clone.folder, 'apps/user/project.json'), 'utf8');
    mkdirSync(folder);
    writeFileSync(join(folder, 'project.json'), project.replaceAll('user', 'billing').replaceAll('USER', 'BILLING'));
    await told(/^a service came or went: all runs on as it is, and nothing is renewed; stop and start again for it to count$/m);
    const saved = "console.log('saved meanwhile');";
    clone.edit(message, '/** A person, as', `${saved}\n/** A person, as`);
    rmSync(folder, { recursive: true });
    await told(/^proto: generated in \S+ s \(proto\)$/m);
    await told(/^user +\| saved meanwhile$/m);
    expect(clone.pids().slice(1)).toEqual(pids.slice(1));
    clone.edit(message, `${saved}\n`, '');
  });

  it('tells why a service dies at its start, and starts it again when that is mended', async () => {
    const wrong = "throw new Error('no start today');";
    clone.edit(message, '/** A person, as', `${wrong}\n/** A person, as`);
    const sentence = /^user: ended by itself, with 1; the next change starts it again\. Its last lines:$/m;
    await told(sentence);
    await until('its last lines', () => launcher!.output().split(sentence)[1]!.includes('Error: no start today'));
    clone.edit(message, `${wrong}\n`, '');
    await until('it serves again', async () => (await send(url, 'GET', '/v1/users/me', { token })).status === 200);
  });

  it('has its data folder for itself', async () => {
    const twin = startLauncher({ ...clone.env, GATEWAY_HTTP_PORT: String(await freePort()) });
    expect(await twin.exited).toBe(1);
    expect(twin.output()).toContain('Gatehouse runs already with this data folder');
  });

  it('starts again after it was killed, watches one service alone, lets no debugger hold up a restart, and leaves nothing behind', async () => {
    launcher!.child.kill('SIGKILL');
    await launcher!.exited;
    const port = await freePort();
    launcher = clone.develop('--only', 'user', '--inspect-port', String(port));
    expect(await launcher.ready()).toMatchObject({ url });
    await told(/^watching the sources of user$/m);
    expect(launcher.output()).toContain(`debuggers: user 127.0.0.1:${port}, auth 127.0.0.1:${port + 1}, gateway 127.0.0.1:${port + 2}\n`);
    const debuggers = await Promise.all([0, 1, 2].map((index) => fetch(`http://127.0.0.1:${port + index}/json/version`)));
    expect(debuggers.map(({ status }) => status)).toEqual([200, 200, 200]);
    const [, ...others] = clone.pids();
    const [{ webSocketDebuggerUrl }] = (await (await fetch(`http://127.0.0.1:${port}/json`)).json()) as [{ webSocketDebuggerUrl: string }];
    const attached = new WebSocket(webSocketDebuggerUrl);
    await once(attached, 'open');
    attached.send(JSON.stringify({ id: 1, method: 'Runtime.enable' }));
    await once(attached, 'message');

    const errors = 'libs/errors/src/index.ts';
    clone.edit(errors, 'export', "process.env['SAVED'] = 'yes';\nexport");
    await told(/^user: rebuilt in .*\(libs\/errors\/src\/index\.ts\)$/m);
    expect(clone.pids().slice(1)).toEqual(others);
    expect(launcher.output()).not.toContain('Waiting for the debugger');
    launcher.child.kill('SIGINT');
    expect(await launcher.exited).toBe(0);
    await until('nothing is left', () => processesOf(clone.env['GATEHOUSE_DATA_DIR']!).length === 0);
  });

  it('ends everything, and says that it failed, when nothing can be built any more', async () => {
    launcher!.child.kill('SIGINT');
    await launcher!.exited;
    launcher = clone.develop('--no-inspect');
    await launcher.ready();
    await told('watching the sources of');
    const children = execFileSync('ps', ['-axo', 'pid=,ppid=,args='], { encoding: 'utf8' }).split('\n');
    const [esbuild] = children
      .map((line) => line.trim().split(/\s+/))
      .filter(([, parent, program]) => Number(parent) === launcher!.child.pid && program!.endsWith('esbuild'));
    process.kill(Number(esbuild![0]), 'SIGKILL');
    await until('esbuild is gone', () => !execFileSync('ps', ['-axo', 'pid='], { encoding: 'utf8' }).split('\n').includes(esbuild![0]!));
    clone.edit(message, '/** A person, as', '\n/** A person, as');
    expect(await launcher.exited).toBe(1);
    expect(launcher.output()).toContain('nothing is watched any more');
    await until('nothing is left', () => processesOf(clone.env['GATEHOUSE_DATA_DIR']!).length === 0);
  });

  it.each([
    [['--only', 'usr'], '--only: there is no service "usr"; there is user, auth, gateway'],
    [['--watch'], "Unknown option '--watch': there is --only, --inspect-port, --no-inspect, --help"],
    [['--inspect-port', '65536'], '--inspect-port must be a port from 1 to 65533'],
    [['--inspect-port', '9000', '--no-inspect'], '--inspect-port and --no-inspect contradict each other'],
  ])('refuses %j, and starts nothing', async (args, sentence) => {
    const refused = clone.develop(...args);
    expect(await refused.exited).toBe(1);
    expect(refused.output()).toContain(sentence);
    expect(refused.output()).not.toContain('PostgreSQL');
  });

  it("refuses a debugger's port that is taken, and says what chooses another", async () => {
    const squatter = createServer();
    await new Promise<void>((resolve) => squatter.listen(0, '127.0.0.1', resolve));
    const { port } = squatter.address() as { port: number };
    const refused = clone.develop('--inspect-port', String(port - 1));
    expect(await refused.exited).toBe(1);
    expect(refused.output()).toContain(`port ${port} is taken: stop what listens on it, or choose another with --inspect-port`);
    await new Promise((resolve) => squatter.close(resolve));
  });
});
