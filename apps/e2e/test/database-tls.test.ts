import { type PostgresServer, startPostgresServer } from '@gatehouse/postgres-server';
import { createTestAuthority, type Issuance, type Issued, type TestAuthority, writeCertificates } from '@gatehouse/rpc/testing';
import { createPrivateKey, randomBytes } from 'node:crypto';
import { chmodSync, chownSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './support/free-port';
import { startProcess, until } from './support/service-process';
import { withClient } from './support/with-client';

const password = randomBytes(12).toString('hex');
// the common name of the test's certificates, which clientcert=verify-full holds the role to
const role = 'gateway';
const folder = mkdtempSync(join(tmpdir(), 'gatehouse-database-tls-'));
let postgres: PostgresServer;
let ca: TestAuthority;
let foreign: TestAuthority;
let own: Record<string, string>;

const ask = (...statements: string[]) =>
  withClient(postgres.url, async (client) => {
    let row: Record<string, string> = {};
    for (const statement of statements) [row = {}] = (await client.query(statement)).rows;
    return row;
  });

/** Has PostgreSQL show a certificate for these names, and believe these CAs. */
async function secure(authority: TestAuthority, names: readonly string[], ...believed: TestAuthority[]): Promise<void> {
  const { data_directory: data } = (await ask('show data_directory')) as { data_directory: string };
  const { uid, gid } = statSync(data);
  const { cert, key } = await authority.issue(names);
  for (const [name, text] of Object.entries({ 'server.crt': cert, 'server.key': key, 'ca.crt': believed.map((each) => each.cert).join('\n') })) {
    writeFileSync(join(data, name), text);
    chownSync(join(data, name), uid, gid);
    chmodSync(join(data, name), 0o600);
  }
  await ask("alter system set ssl_ca_file = 'ca.crt'", 'alter system set ssl = on', 'select pg_reload_conf()');
  await until('PostgreSQL speaks TLS', async () => (await ask('show ssl')).ssl === 'on');
}

beforeAll(async () => {
  chmodSync(folder, 0o711);
  postgres = await startPostgresServer({ dataFolder: join(folder, 'postgres'), durable: false });
  ca = await createTestAuthority();
  foreign = await createTestAuthority();
  await postgres.createDatabase('people', { role, password });
  const { hba_file: hba } = (await ask('show hba_file')) as { hba_file: string };
  writeFileSync(hba, `host all postgres all scram-sha-256\nhostssl all ${role} all scram-sha-256 clientcert=verify-full\n`);
  // 0.0.0.0 is this machine too, and no loopback address
  await secure(ca, ['0.0.0.0', 'localhost'], ca);
  own = writeCertificates(join(folder, 'own'), await ca.issue(['user']), ca);
});
afterAll(async () => {
  await postgres.stop();
  rmSync(folder, { recursive: true, force: true });
});

const urlOf = (host: string, parameters: Record<string, string> = {}) =>
  `postgresql://${role}:${password}@${host}:${postgres.port}/people?${new URLSearchParams(parameters)}`;
const lock = ({ cert, key }: Issued) => ({
  cert,
  key: String(createPrivateKey(key).export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: password })),
});
const filesIn = ({ MTLS_CERT_FILE: sslcert = '', MTLS_KEY_FILE: sslkey = '', MTLS_CA_FILE: sslrootcert = '' }: Record<string, string>) => ({
  sslcert,
  sslkey,
  sslrootcert,
});

async function migrate(url: string, files: Record<string, string> = {}, ...args: string[]): Promise<{ code: number | null; stderr: string }> {
  const { exited, stderr } = startProcess('user', { USER_DATABASE_URL: url, ...files }, ['migrate', ...args]);
  return { code: (await exited).code, stderr: stderr() };
}

describe('a database off loopback', () => {
  it('is spoken to over TLS with the certificate of the service, though the URL says nothing of it', async () => {
    expect(await migrate(urlOf('0.0.0.0'), own)).toEqual({ code: 0, stderr: '' });
  });

  it('is spoken to with the files of the URL before those of the service', async () => {
    const others = writeCertificates(join(folder, 'foreign'), await foreign.issue(['user']), foreign);
    expect(await migrate(urlOf('0.0.0.0', filesIn(own)), others)).toEqual({ code: 0, stderr: '' });
    expect((await migrate(urlOf('0.0.0.0', filesIn(others)), own)).code).toBe(1);
  });

  it('is spoken to over TLS where the URL has a parameter `host` with nothing in it', async () => {
    expect(await migrate(urlOf('0.0.0.0', { host: '' }), own)).toEqual({ code: 0, stderr: '' });
  });

  it.each(['prefer', 'require', 'verify-ca'])(
    'is spoken to with sslmode=%s as with verify-full, by the CA of the service and without a warning',
    async (sslmode) => {
      expect(await migrate(urlOf('0.0.0.0', { sslmode }), own)).toEqual({ code: 0, stderr: '' });
      expect(await migrate(urlOf('127.0.0.1', { sslmode }), own)).toEqual({ code: 1, stderr: expect.stringContaining("127.0.0.1 is not in the cert's list") });
    },
  );

  it.each<[string, () => Promise<readonly [string, Record<string, string>?]>, RegExp]>([
    [
      'its CA is not believed',
      async () => [urlOf('0.0.0.0'), writeCertificates(join(folder, 'mixed'), await ca.issue(['user']), foreign)],
      /self-signed certificate in certificate chain/,
    ],
    ['nobody says which CA is to be believed', async () => [urlOf('0.0.0.0')], /self-signed certificate in certificate chain/],
    ['its certificate has another name', async () => [urlOf('127.0.0.1', { sslmode: 'verify-full' }), own], /IP: 127.0.0.1 is not in the cert's list/],
    ['it wants a certificate and gets none', async () => [urlOf('0.0.0.0', { sslrootcert: own.MTLS_CA_FILE! })], /valid client certificate/],
    ['it wants TLS and the URL forbids it', async () => [urlOf('0.0.0.0', { sslmode: 'disable' }), own], /no encryption/],
  ])('is not spoken to where %s', async (_, make, told) => {
    const { code, stderr } = await migrate(...(await make()));
    expect([code, stderr]).toEqual([1, expect.stringMatching(told)]);
    expect(stderr).not.toContain(password);
  });

  it('is not spoken to in plain text where it has no TLS', async () => {
    await ask('alter system set ssl = off', 'select pg_reload_conf()');
    await until('PostgreSQL speaks no TLS', async () => (await ask('show ssl')).ssl === 'off');
    expect(await migrate(urlOf('0.0.0.0'), own)).toEqual({ code: 1, stderr: expect.stringContaining('does not support SSL') });
    await secure(ca, ['0.0.0.0', 'localhost'], ca);
  });
});

describe('a database URL is refused, by --check-config too, with', () => {
  const place = (name: string) => join(folder, 'url', name);
  const issue = (issuance?: Issuance) => ca.issue(['user'], issuance);
  const junk = { cert: password };

  it.each<[string, () => Promise<Record<string, string>>, ...string[]]>([
    [
      'files that hold something else',
      async () => filesIn(writeCertificates(place('junk'), { ...junk, key: password }, junk)),
      'the file of sslcert holds no certificate in PEM, or one that cannot be read',
      'the file of sslkey holds no private key in PEM that can be read without a password',
      'the file of sslrootcert holds no certificate in PEM, or one that cannot be read',
    ],
    [
      'a key that has a passphrase',
      async () => filesIn(writeCertificates(place('locked'), lock(await issue()), ca)),
      'the file of sslkey holds no private key in PEM that can be read without a password',
    ],
    [
      'the key of another certificate',
      async () => filesIn(writeCertificates(place('key'), { ...(await issue()), key: (await issue()).key }, ca)),
      'the file of sslkey is not the key of the certificate in sslcert',
    ],
    [
      'a certificate that has expired',
      async () => filesIn(writeCertificates(place('expired'), await issue({ fromDays: -3, untilDays: -1 }), ca)),
      'the certificate in the file of sslcert expired at 20',
    ],
    [
      'a certificate for servers alone',
      async () => filesIn(writeCertificates(place('server'), await issue({ usages: ['serverAuth'] }), ca)),
      'the certificate in the file of sslcert is not for client authentication',
    ],
    [
      'a certificate of no CA to believe',
      async () => ({ sslrootcert: writeCertificates(place('leaf'), await issue(), await issue()).MTLS_CA_FILE }),
      'the file of sslrootcert holds a certificate that is not of a CA',
    ],
    ['a certificate without its key', async () => ({ sslcert: own.MTLS_CERT_FILE! }), 'must have sslcert and sslkey together'],
    ['a key without its certificate', async () => ({ sslkey: own.MTLS_KEY_FILE! }), 'must have sslcert and sslkey together'],
    [
      'a CA to be verified that nobody names',
      async () => ({ sslmode: 'verify-ca', uselibpqcompat: 'true' }),
      'must name the CA by sslrootcert, or have verify-full as its sslmode',
    ],
  ])('%s', async (_, make, ...told) => {
    const url = urlOf('0.0.0.0', await make());
    const [start, check] = [await migrate(url, own), await migrate(url, own, '--check-config')];
    expect(start.code).toBe(1);
    expect(start.stderr.trim().split('\n  ').slice(1)).toEqual(told.map((sentence) => expect.stringContaining(`USER_DATABASE_URL: ${sentence}`)));
    expect(check).toEqual(start);
    expect(start.stderr).not.toContain(password);
  });

  it('nothing else: a self-signed certificate that is believed as it is, and is not of a CA', async () => {
    const itself = writeCertificates(place('itself'), await issue(), await createTestAuthority('itself', { isAuthority: false }));
    expect(await migrate(urlOf('0.0.0.0', { ...filesIn(itself) }), {}, '--check-config')).toEqual({ code: 0, stderr: '' });
  });
});

it('on loopback, plain text is spoken unless the URL asks for TLS', async () => {
  expect((await migrate(urlOf('127.0.0.1'), own)).stderr).toContain('no encryption');
  expect(await migrate(urlOf('localhost', { sslmode: 'verify-full' }), own)).toEqual({ code: 0, stderr: '' });
});

it.each(['MTLS_ files', 'files of the URL'])('renewed %s, of a new CA even, are what new connections show and believe', async (kind) => {
  await secure(ca, ['0.0.0.0'], ca);
  const paths = writeCertificates(join(folder, 'serving'), await ca.issue(['user']), ca);
  const isUrl = kind !== 'MTLS_ files';
  expect((await migrate(urlOf('0.0.0.0'), paths)).code).toBe(0);
  const adminPort = await freePort();
  const settings = {
    USER_DATABASE_URL: urlOf('0.0.0.0', isUrl ? filesIn(paths) : {}),
    USER_SECRET_KEY: Buffer.alloc(32).toString('base64'),
    USER_GRPC_PORT: '0',
    USER_ADMIN_PORT: String(adminPort),
    ...(isUrl ? {} : paths),
  };
  const { child, exited } = startProcess('user', settings);
  // without `auth` it has no keys, and is not ready for that
  const database = async () => {
    const response = await fetch(`http://127.0.0.1:${adminPort}/readyz`).catch(() => undefined);
    return ((await response?.json()) as { checks: Record<string, string> } | undefined)?.checks.database;
  };
  try {
    await until('the database answers', async () => (await database()) === 'ok');
    const next = await createTestAuthority();
    await secure(next, ['0.0.0.0'], next);
    await ask(`select pg_terminate_backend(pid) from pg_stat_activity where usename = '${role}'`);
    await until('the database is not believed', async () => (await database()) !== 'ok');
    writeCertificates(join(folder, 'serving'), await next.issue(['user']), next);
    await until('the database answers again', async () => (await database()) === 'ok');
  } finally {
    child.kill('SIGKILL');
    await exited;
  }
});
