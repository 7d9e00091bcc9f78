import { readServices } from '#services';
import { stripVTControlCharacters } from 'node:util';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { keepAdministrator, keepSecrets, refuseFiles, toServiceEnvironment } from '../src/environment';
import { toShown } from '../src/output';
import { readPorts, requireFreePorts } from '../src/ports';

// whatever else there is
const services = readServices(join(__dirname, '../../..')).filter(({ name }) => ['gateway', 'user', 'auth'].includes(name));
let folder: string;
beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'launcher rules '))));
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('the ports', () => {
  it('are the documented ones unless the environment says otherwise', () => {
    expect(readPorts(services, {})).toEqual({
      GATEWAY_HTTP_PORT: 8080,
      USER_GRPC_PORT: 50051,
      AUTH_GRPC_PORT: 50052,
      GATEWAY_ADMIN_PORT: 9080,
      USER_ADMIN_PORT: 9051,
      AUTH_ADMIN_PORT: 9052,
      GATEHOUSE_LOOK_PORT: 8090,
    });
    expect(readPorts(services, { USER_GRPC_PORT: '6000', AUTH_GRPC_PORT: '' })).toMatchObject({ USER_GRPC_PORT: 6000, AUTH_GRPC_PORT: 50052 });
  });

  it.each(['0', '65536', '80.5', 'http'])('cannot be %s', (port) => {
    expect(() => readPorts(services, { GATEWAY_HTTP_PORT: port })).toThrow('GATEWAY_HTTP_PORT must be a port from 1 to 65535');
  });

  it.each(['off', '0'])('may be %s for the look', (GATEHOUSE_LOOK_PORT) => {
    expect(readPorts(services, { GATEHOUSE_LOOK_PORT })).toMatchObject({ GATEHOUSE_LOOK_PORT: 0 });
    expect(() => readPorts(services, { GATEHOUSE_LOOK_PORT: 'on' })).toThrow('GATEHOUSE_LOOK_PORT must be a port from 1 to 65535, or off');
  });

  it('cannot be the same for two', () => {
    expect(() => readPorts(services, { USER_GRPC_PORT: '9052' })).toThrow('USER_GRPC_PORT and AUTH_ADMIN_PORT are both 9052');
  });

  it('that are taken are named, each with its setting', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    const ports = readPorts(services, { AUTH_GRPC_PORT: String(port) });
    await expect(requireFreePorts({ ...ports, AUTH_GRPC_PORT: port }, {})).rejects.toThrow(
      `port ${port} is taken: stop what listens on it, or choose another with AUTH_GRPC_PORT`,
    );
    await new Promise((resolve) => server.close(resolve));
  });
});

describe('what is made once', () => {
  it('is kept for its owner alone, and the same the next time', async () => {
    const first = await keepSecrets(folder, services);
    expect(Buffer.from(first.authSecretKey!, 'base64')).toHaveLength(32);
    expect(first.authSecretKey).not.toBe(first.userSecretKey);
    expect(await keepSecrets(folder, services)).toEqual(first);
    expect((await stat(join(folder, 'secrets.json'))).mode & 0o777).toBe(0o600);
  });

  it('is joined by that of a service that is new', async () => {
    const [, user, auth] = services;
    const first = await keepSecrets(folder, [user!]);
    expect(Object.keys(first)).toEqual(['userSecretKey', 'userDatabasePassword']);
    const both = await keepSecrets(folder, [user!, auth!]);
    expect(both).toMatchObject(first);
    expect(await keepSecrets(folder, [user!])).toEqual(both);
  });

  it('is never replaced when its file is damaged', async () => {
    await writeFile(join(folder, 'secrets.json'), '{"userSecret');
    await expect(keepSecrets(folder, services)).rejects.toThrow('secrets.json is damaged');
    expect(await readFile(join(folder, 'secrets.json'), 'utf8')).toBe('{"userSecret');
  });

  it('gives way to an administrator of the environment', async () => {
    const kept = await keepAdministrator(folder, {});
    expect(kept.password.length).toBeGreaterThanOrEqual(20);
    expect(await keepAdministrator(folder, { AUTH_BOOTSTRAP_EMAIL: 'me@example.com' })).toEqual({ email: 'me@example.com', password: kept.password });
  });
});

describe('the environment of the services', () => {
  const secrets = { userSecretKey: 'u', authSecretKey: 'a', userDatabasePassword: '', authDatabasePassword: '' };
  const databases = { user: 'postgresql://user', auth: 'postgresql://auth' };

  it('follows the ports', () => {
    const env = toServiceEnvironment(
      services,
      {},
      readPorts(services, { USER_GRPC_PORT: '6001', AUTH_GRPC_PORT: '6002', GATEWAY_HTTP_PORT: '6003' }),
      secrets,
      databases,
    );
    expect(env).toMatchObject({
      AUTH_USER_TARGET: '127.0.0.1:6001',
      USER_VERIFIER_TARGET: '127.0.0.1:6002',
      GATEWAY_UPSTREAMS: 'gatehouse.user.v1=127.0.0.1:6001,gatehouse.auth.v1=127.0.0.1:6002,gatehouse.verifier.v1=127.0.0.1:6002',
      GATEHOUSE_ISSUER: 'http://127.0.0.1:6003',
      USER_DATABASE_URL: 'postgresql://user',
      AUTH_SECRET_KEY: 'a',
    });
  });

  it('sends all traces to the look, unless they have another collector', () => {
    const toEnvironment = (own: NodeJS.ProcessEnv) => toServiceEnvironment(services, own, readPorts(services, {}), secrets, databases, 'http://127.0.0.1:8090');
    expect(toEnvironment({})).toMatchObject({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:8090', OTEL_TRACES_SAMPLER_ARG: '1' });
    expect(toEnvironment({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318' })).toMatchObject({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318' });
    expect(toServiceEnvironment(services, {}, readPorts(services, {}), secrets, databases)).not.toHaveProperty('OTEL_EXPORTER_OTLP_ENDPOINT');
  });

  it('has a secret as a file where the launcher was given one', () => {
    const env = toServiceEnvironment(services, { AUTH_SECRET_KEY_FILE: '/run/key' }, readPorts(services, {}), secrets, databases);
    expect(env).toMatchObject({ AUTH_SECRET_KEY_FILE: '/run/key', USER_SECRET_KEY: 'u' });
    expect(env).not.toHaveProperty('AUTH_SECRET_KEY');
  });

  it('takes no file for what the launcher reads itself', () => {
    expect(() =>
      refuseFiles(services, { USER_DATABASE_URL_FILE: '/run/url', AUTH_BOOTSTRAP_PASSWORD_FILE: '/run/password', USER_SECRET_KEY_FILE: '/run/key' }),
    ).toThrow(
      /^USER_DATABASE_URL_FILE is for the services alone: set USER_DATABASE_URL\nAUTH_BOOTSTRAP_PASSWORD_FILE is for the services alone: set AUTH_BOOTSTRAP_PASSWORD$/,
    );
    expect(() => refuseFiles(services, { USER_DATABASE_URL_FILE: '', USER_SECRET_KEY_FILE: '/run/key' })).not.toThrow();
  });

  it('holds no setting of the launcher itself, which the services would not know', () => {
    const env = toServiceEnvironment(
      services,
      { GATEHOUSE_DATA_DIR: '/data', GATEHOUSE_LOOK_PORT: 'off', GATEHOUSE_AUDIENCE: 'us' },
      readPorts(services, {}),
      secrets,
      databases,
    );
    expect(Object.keys(env).filter((name) => name.startsWith('GATEHOUSE_'))).toEqual(['GATEHOUSE_ISSUER', 'GATEHOUSE_AUDIENCE']);
  });

  it('passes on every setting that the launcher was given', () => {
    const env = toServiceEnvironment(
      services,
      { GATEHOUSE_ISSUER: 'https://id.example.com', LOG_LEVEL: 'debug', AUTH_SECRET_KEY: '' },
      readPorts(services, {}),
      secrets,
      databases,
    );
    expect(env).toMatchObject({ GATEHOUSE_ISSUER: 'https://id.example.com', LOG_LEVEL: 'debug', AUTH_SECRET_KEY: 'a' });
  });
});

describe('a line of a service', () => {
  const line =
    '{"timestamp":"2026-01-01T00:00:00.000Z","severity_text":"INFO","service.name":"user","body":"call","trace_id":"0af7651916cd43dd8448eb211c80319c","rpc.method":"a.B/C","rpc.status_code":"OK","duration_ms":1.5}';
  const failure =
    '{"severity_text":"ERROR","body":"call","trace_id":"0af7651916cd43dd8448eb211c80319c","exception":[{"type":"TypeError","message":"no\\u001b[2J answer"},{"type":"Error","code":"ECONNREFUSED"}]}';
  const screen = { isTerminal: true, hasColors: false };

  it('stands behind its prefix as it is, for a program', () =>
    expect(toShown('user', line, { isTerminal: false, hasColors: false })).toBe(`user    | ${line}`));

  it('is short for a person, and shown as it is when it is no JSON', () => {
    expect(toShown('user', line, screen)).toMatch(/^\d\d:\d\d:\d\d user {4}call a\.B\/C OK 1\.5 ms$/);
    expect(toShown('user', 'plain words', screen)).toBe('user    plain words');
    expect(toShown('user', '7', screen)).toBe('user    7');
  });

  it('tells of a failure its trace and its causes, and nothing that a terminal would obey', () => {
    expect(toShown('user', failure, screen)).toBe('user    call trace 0af7651916cd43dd8448eb211c80319c (TypeError: no\ufffd[2J answer ← Error: ECONNREFUSED)');
  });

  it('has colours where there may be any', () => {
    const shown = toShown('user', failure, { isTerminal: true, hasColors: true });
    expect(shown).toContain('\u001b[31mcall');
    expect(stripVTControlCharacters(shown)).toBe(toShown('user', failure, screen));
  });
});
