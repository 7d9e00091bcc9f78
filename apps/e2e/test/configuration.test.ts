import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { freePort } from './support/free-port';
import { type Gatehouse, type ServiceName, services, startGatehouse } from './support/gatehouse';
import { startProcess, until } from './support/service-process';
import { toUpstreams } from './support/settings';
import { toRounds, type WrongCase, wrongCases } from './support/wrong-settings';

const databaseUrl = 'postgresql://user:hunter2@127.0.0.1:1/database';
const key = randomBytes(32).toString('base64');
/** What each service needs, and no more. */
const required: Record<ServiceName, Record<string, string>> = {
  user: { USER_DATABASE_URL: databaseUrl, USER_SECRET_KEY: key },
  auth: { AUTH_DATABASE_URL: databaseUrl, AUTH_SECRET_KEY: key, AUTH_SIGNUP_VERIFICATION: 'off' },
  gateway: {},
};
let folder: string;
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'gatehouse settings '))));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function fileWith(text: string): string {
  const path = join(folder, randomBytes(6).toString('hex'));
  writeFileSync(path, text);
  return path;
}

/** Runs a built service until it ends. */
async function run(service: ServiceName, env: Record<string, string>, ...args: string[]) {
  const process = startProcess(service, env, args);
  const [{ code }] = await Promise.all([process.exited, new Promise((resolve) => process.child.once('close', resolve))]);
  return { code, stdout: process.lines.map(({ body }) => body), problems: process.stderr().trim().split('\n  '), stderr: process.stderr() };
}

describe('a value that cannot be', () => {
  const outcomes = new Map<WrongCase, { start: Awaited<ReturnType<typeof run>>; check: Awaited<ReturnType<typeof run>>; round: readonly WrongCase[] }>();
  beforeAll(async () => {
    for (const round of toRounds(wrongCases)) {
      const { service } = round[0]!;
      const env = Object.assign({}, required[service], ...round.map(({ settings }) => settings));
      const [start, check] = await Promise.all([run(service, env), run(service, env, '--check-config')]);
      for (const wrong of round) outcomes.set(wrong, { start, check, round });
    }
  });

  it.each(wrongCases.map((wrong) => [wrong.named, JSON.stringify(Object.values(wrong.settings)).slice(0, 100), wrong] as const))(
    '%s: %s is told by its name, at the start and by --check-config alike',
    (named, _, wrong) => {
      const { start, check, round } = outcomes.get(wrong)!;
      const [, ...problems] = start.problems;
      expect(problems.filter((problem) => problem.startsWith(`${named}: `))).toEqual([expect.stringContaining(wrong.told)]);
      // every problem of the round, and none else
      expect(problems.map((problem) => problem.split(':')[0]).sort()).toEqual(round.map((other) => other.named).sort());
      expect(start).toMatchObject({ code: 1, stdout: [] });
      expect(check).toEqual(start);
      expect(start.stderr).not.toContain('hunter2');
    },
  );
});

describe('--check-config', () => {
  it.each([
    ['user', 'serve'],
    ['user', 'migrate'],
    ['auth', 'serve'],
    ['auth', 'migrate'],
    ['auth', 'bootstrap'],
    ['auth', 'reconcile'],
    ['gateway', 'serve'],
  ] as const)('says of %s in one line that %s could run, though nothing is there and its ports are taken, and connects to nobody', async (service, command) => {
    const connections: unknown[] = [];
    const server = createServer((socket) => connections.push(socket.destroy()));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const target = `127.0.0.1:${port}`;
    const settings: Record<ServiceName, Record<string, string>> = {
      user: {
        USER_DATABASE_URL: `postgresql://user:hunter2@${target}/database`,
        USER_SECRET_KEY: key,
        USER_VERIFIER_TARGET: target,
        USER_GRPC_PORT: String(port),
      },
      auth: {
        AUTH_DATABASE_URL: `postgresql://user:hunter2@${target}/database`,
        AUTH_SECRET_KEY: key,
        AUTH_SIGNUP_VERIFICATION: 'off',
        AUTH_USER_TARGET: target,
        AUTH_GRPC_PORT: String(port),
        AUTH_BOOTSTRAP_EMAIL: 'root@example.com',
        AUTH_BOOTSTRAP_PASSWORD: 'hunter2 hunter2',
      },
      gateway: {
        GATEWAY_UPSTREAMS: toUpstreams(() => target),
        RATE_LIMIT_REDIS_URL: `redis://:hunter2@${target}`,
        GATEWAY_HTTP_PORT: String(port),
      },
    };
    const outcome = await run(service, { ...settings[service], OTEL_EXPORTER_OTLP_ENDPOINT: `http://${target}` }, command, '--check-config');
    expect(outcome).toMatchObject({ code: 0, stdout: [`the configuration is valid for ${command}`], stderr: '' });
    expect(connections).toEqual([]);
    await new Promise((resolve) => server.close(resolve));
  });

  it.each([
    ['user', 'serve', ['USER_DATABASE_URL', 'USER_SECRET_KEY']],
    ['user', 'migrate', ['USER_DATABASE_URL']],
    ['auth', 'serve', ['AUTH_DATABASE_URL', 'AUTH_SECRET_KEY', 'AUTH_SIGNUP_VERIFICATION']],
    ['auth', 'migrate', ['AUTH_DATABASE_URL']],
    ['auth', 'reconcile', ['AUTH_DATABASE_URL', 'AUTH_SECRET_KEY']],
    ['auth', 'rotate-keys', ['AUTH_DATABASE_URL', 'AUTH_SECRET_KEY']],
    ['auth', 'bootstrap', ['AUTH_DATABASE_URL', 'AUTH_SECRET_KEY', 'AUTH_BOOTSTRAP_EMAIL', 'AUTH_BOOTSTRAP_PASSWORD']],
  ] as const)('names what %s misses for %s, as its start does', async (service, command, missing) => {
    const [start, check] = await Promise.all([run(service, {}, command), run(service, {}, command, '--check-config')]);
    expect(check).toEqual(start);
    expect(check.code).toBe(1);
    expect(check.problems.slice(1).map((problem) => problem.split(':')[0])).toEqual(missing);
  });

  it('looks into the files of a certificate', async () => {
    const { code, problems } = await run(
      'gateway',
      { GATEWAY_TLS_CERT_FILE: fileWith('no certificate'), GATEWAY_TLS_KEY_FILE: fileWith('hunter2') },
      '--check-config',
    );
    expect([code, ...problems.slice(1)]).toEqual([
      1,
      expect.stringMatching(/^GATEWAY_TLS_CERT_FILE: .* holds no certificate/),
      expect.stringMatching(/^GATEWAY_TLS_KEY_FILE: .* holds no private key/),
    ]);
    expect(problems.join()).not.toContain('hunter2');
  });
});

describe('a variable that is no setting', () => {
  it.each([
    ['user', 'USER_GRPC_PROT', '; did you mean USER_GRPC_PORT?'],
    ['user', 'GATEHOUSE_AUDIENC', '; did you mean GATEHOUSE_AUDIENCE?'],
    ['user', 'SHUTDOWN_GRACE_SECONDS', '; did you mean SHUTDOWN_GRACE_MS?'],
    ['auth', 'AUTH_BOOTSTRAP_PASWORD_FILE', '; did you mean AUTH_BOOTSTRAP_PASSWORD_FILE?'],
    ['auth', 'AUTH_GRPC_PORT_FILE', ': AUTH_GRPC_PORT is no secret, and is not read from a file'],
    ['gateway', 'CORS_ORIGIN', '; did you mean CORS_ORIGINS?'],
    ['gateway', 'TRUSTED_PROXIES_NETWORKS', '; did you mean TRUSTED_PROXIES_HEADER?'],
    ['gateway', 'GATEWAY_TELEPORT_EVERYBODY', ''],
  ] as const)('is a problem to --check-config of %s: %s', async (service, name, hint) => {
    const { code, stdout, problems } = await run(service, { ...required[service], [name]: 'hunter2' }, '--check-config');
    expect({ code, stdout, problems: problems.slice(1) }).toEqual({ code: 1, stdout: [], problems: [`${name}: is no setting of this service${hint}`] });
  });

  it('is none where it belongs to another service, is empty, or comes of a Service of Kubernetes', async () => {
    const others = {
      ...required.auth,
      GATEWAY_HTTP_PORT: '80',
      USER_GRPC_PROT: '',
      USER_SERVICE_HOST: '10.0.0.1',
      USER_SERVICE_PORT: '50051',
      USER_PORT: 'tcp://10.0.0.1:50051',
      USER_PORT_50051_TCP_ADDR: '10.0.0.1',
    };
    expect(await run('user', { ...required.user, ...others }, '--check-config')).toMatchObject({ code: 0, stderr: '' });
  });
});

describe('docs/configuration.md', () => {
  const page = readFileSync(resolve(__dirname, '../../../docs/configuration.md'), 'utf8');
  const rows = page
    .split('\n## ')
    .slice(1)
    .flatMap((section) => {
      const [title] = section.split('\n');
      return [...section.matchAll(/^\| `(\w+)` \| (.+?) \| (.+?) \| (yes)? ?\| .+ \|$/gm)].map(([, name, fallback, form, secret]) => ({
        title,
        name: name!,
        fallback: fallback!,
        form: form!,
        isSecret: secret === 'yes',
      }));
    });

  it('marks as secret whatever holds a password or a key', () => {
    const secrets = rows.filter(({ isSecret }) => isSecret).map(({ name }) => name);
    expect(secrets).toEqual(
      expect.arrayContaining(rows.map(({ name }) => name).filter((name) => /PASSWORD$|PEPPERS|SECRET|DATABASE_URL|REDIS_URL|SMTP_URL|OTLP_HEADERS/.test(name))),
    );
    expect(secrets.length).toBeGreaterThan(5);
  });

  it.each(['user', 'auth', 'gateway'] as const)('names the secrets that %s takes from files, and no setting that it does not know', async (service) => {
    const own = rows.filter(({ title }) => title === 'Every service' || title!.split(' and ').includes(service));
    expect(own.length).toBeGreaterThan(20);
    const files = own.filter(({ isSecret }) => isSecret).map(({ name }) => `${name}_FILE`);
    const defaults = own.filter(({ fallback }) => fallback.startsWith('`')).map(({ name, fallback }) => [name, fallback.slice(1, -1)]);
    const { problems } = await run(
      service,
      // the default needs a mail server
      { ...Object.fromEntries(defaults), AUTH_SIGNUP_VERIFICATION: 'off', ...Object.fromEntries(files.map((name) => [name, '/nowhere'])) },
      '--check-config',
    );
    expect(problems.slice(1).sort()).toEqual(files.map((name) => `${name}: there is no file /nowhere`).sort());
  });

  it.each(['user', 'auth', 'gateway'] as const)('tells the unit and the range that %s keeps to', async (service) => {
    const ranges = rows
      .filter(({ title, form }) => title === service && / to -?\d+$/.test(form))
      .map(({ name, form }) => ({ name, from: Number(/(-?\d+) to/.exec(form)![1]), to: Number(/ to (-?\d+)$/.exec(form)![1]) }));
    expect(ranges.length).toBeGreaterThan(2);
    for (const edge of ['below', 'above'] as const) {
      const env = Object.fromEntries(ranges.map(({ name, from, to }) => [name, String(edge === 'below' ? from - 1 : to + 1)]));
      const { problems } = await run(service, { ...required[service], ...env }, '--check-config');
      expect(
        problems
          .slice(1)
          .map((problem) => problem.split(' (')[0])
          .sort(),
      ).toEqual(ranges.map(({ name, from, to }) => `${name}: must be a whole number from ${from} to ${to}`).sort());
    }
  });
});

describe('a secret in a file', () => {
  it.each([
    ['is missing', () => '/nowhere/secret', 'there is no file /nowhere/secret'],
    ['is empty', () => fileWith('\n'), 'is empty'],
    ['is too large', () => fileWith('hunter2'.repeat(10_000)), 'has more than 65536 bytes'],
    ['is a folder', () => folder, 'is no regular file'],
    ['is given by a relative path', () => 'secret.txt', 'must be the absolute path of a file'],
  ])('is told with every other problem when the file %s', async (_, make, told) => {
    const path = make();
    const files = { USER_DATABASE_URL_FILE: path, USER_SECRET_KEY_FILE: path, OTEL_EXPORTER_OTLP_HEADERS_FILE: path };
    const [start, check] = await Promise.all([run('user', { ...files, LOG_LEVEL: 'loud' }), run('user', { ...files, LOG_LEVEL: 'loud' }, '--check-config')]);
    expect(check).toEqual(start);
    expect(start.code).toBe(1);
    for (const name of Object.keys(files)) expect(start.problems).toContainEqual(expect.stringMatching(new RegExp(`^${name}: .*${told}$`)));
    expect(start.problems.map((problem) => problem.split(':')[0])).toEqual(['cannot start as configured', ...Object.keys(files), 'LOG_LEVEL']);
    expect(start.stderr).not.toContain('hunter2');
  });

  it('is told when it is given twice, and when it is not what it should be', async () => {
    const { code, problems, stderr } = await run(
      'auth',
      { ...required.auth, AUTH_SECRET_KEY_FILE: fileWith(key), AUTH_DATABASE_URL: '', AUTH_DATABASE_URL_FILE: fileWith('mysql://u:hunter2@db/a') },
      '--check-config',
    );
    expect(code).toBe(1);
    expect(problems.slice(1)).toEqual([
      'AUTH_SECRET_KEY_FILE: must not be set together with AUTH_SECRET_KEY',
      expect.stringMatching(/^AUTH_DATABASE_URL: must be postgresql:.*; it was read from \//),
    ]);
    expect(stderr).not.toContain('hunter2');
  });

  describe('of a system that runs', () => {
    let gatehouse: Gatehouse;
    beforeAll(async () => (gatehouse = await startGatehouse()));
    afterAll(() => gatehouse.close());

    /** The environment with each of the secrets moved to a file. */
    function withFiles(names: readonly string[]): Record<string, string> {
      const moved = names.flatMap((name) => [
        [name, ''],
        [`${name}_FILE`, fileWith(`${gatehouse.settings[name]}\n`)],
      ]);
      return { ...gatehouse.settings, ...Object.fromEntries(moved) };
    }

    it.each(services)('lets healthcheck find that %s is ready, and that nobody listens', async (service) => {
      expect(await run(service, gatehouse.settings, 'healthcheck')).toMatchObject({ code: 0 });
      const nobody = await run(service, { ...gatehouse.settings, [`${service.toUpperCase()}_ADMIN_PORT`]: '1' }, 'healthcheck');
      expect(nobody).toMatchObject({ code: 1, stderr: expect.stringContaining('nothing answers on http://127.0.0.1:1/readyz') });
    });

    it.each(['user', 'auth'] as const)('lets %s serve and migrate as the variable does, and warns of a misspelt one', async (service) => {
      const name = service.toUpperCase();
      const env = withFiles([`${name}_DATABASE_URL`, `${name}_SECRET_KEY`]);
      expect(await run(service, env, 'migrate')).toMatchObject({ code: 0, stderr: '' });
      const adminPort = await freePort();
      const serving = startProcess(service, {
        ...env,
        [`${name}_GRPC_PORT`]: '0',
        [`${name}_ADMIN_PORT`]: String(adminPort),
        [`${name}_GRPC_HOTS`]: 'hunter2',
      });
      // the signing keys of `auth` can be opened by the right secret alone
      await until(`${service} is ready`, async () => (await fetch(`http://127.0.0.1:${adminPort}/readyz`).catch(() => undefined))?.status === 200);
      serving.child.kill('SIGTERM');
      expect(await serving.exited).toMatchObject({ code: 0 });
      expect(serving.stderr()).toBe(`warning: ${name}_GRPC_HOTS: is no setting of this service; did you mean ${name}_GRPC_HOST?\n`);
      for (const secret of [gatehouse.settings[`${name}_SECRET_KEY`]!, gatehouse.settings[`${name}_DATABASE_URL`]!])
        expect(JSON.stringify(serving.lines)).not.toContain(secret);
    });

    it('lets bootstrap give the password in it', async () => {
      const password = 'a password out of a file';
      const env = {
        ...withFiles(['AUTH_DATABASE_URL', 'AUTH_SECRET_KEY']),
        AUTH_BOOTSTRAP_PASSWORD: '',
        AUTH_BOOTSTRAP_PASSWORD_FILE: fileWith(`${password}\n`),
      };
      expect(await run('auth', env, 'bootstrap')).toMatchObject({ code: 0, stderr: '' });
      const login = await fetch(`${gatehouse.url}/v1/auth/login`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ email: gatehouse.administrator.email, password }),
      });
      expect(login.status).toBe(200);
    });
  });
});
