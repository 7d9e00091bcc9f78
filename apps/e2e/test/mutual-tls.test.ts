import { AuthServiceDefinition } from '@gatehouse/contracts/auth';
import { UserServiceDefinition } from '@gatehouse/contracts/user';
import { VerifierServiceDefinition } from '@gatehouse/contracts/verifier';
import { isAppError } from '@gatehouse/errors';
import { createChannel, createClient, type RpcCertificates } from '@gatehouse/rpc';
import { createTestAuthority, type Issuance, type Issued, type TestAuthority, type Validity, writeCertificates } from '@gatehouse/rpc/testing';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls, createServer as createTlsServer } from 'node:tls';
import { type Gatehouse, type ServiceName, services, startGatehouse } from './support/gatehouse';
import { send, signUp } from './support/http';
import { startLoad } from './support/load';
import { startProcess, until, untilLinesAreWritten } from './support/service-process';
import { forEach } from './support/settings';

const folder = mkdtempSync(join(tmpdir(), 'gatehouse mtls '));
let ca: TestAuthority;
let foreign: TestAuthority;
let gatehouse: Gatehouse;
let own: Record<ServiceName, Record<string, string>>;

/** What a service is named, and where the others find it. */
const namesOf = (service: ServiceName) => [service, '127.0.0.1'];
const write = async (service: ServiceName, authority: TestAuthority, ...believed: TestAuthority[]) =>
  writeCertificates(join(folder, service), await authority.issue(namesOf(service)), ...believed);

beforeAll(async () => {
  ca = await createTestAuthority();
  foreign = await createTestAuthority();
  own = await forEach(services, (service) => write(service, ca, ca));
  gatehouse = await startGatehouse({ own });
});
afterAll(async () => {
  await gatehouse?.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Certificates as a stranger holds them. */
const hold = (issued: Issued, believed = ca): RpcCertificates => {
  const held = { ...issued, ca: believed.cert };
  return { current: () => held, onChange: () => () => {} };
};

const ports = () => ({ UserService: gatehouse.ports.userGrpc, AuthService: gatehouse.ports.authGrpc, VerifierService: gatehouse.ports.authGrpc });
type Service = keyof ReturnType<typeof ports>;
const all: readonly Service[] = ['UserService', 'AuthService', 'VerifierService'];

/** Calls a service over a connection of its own, and gives the code that it ends with: one of who was let in names the token or the request. */
async function call(service: Service, certificates?: RpcCertificates): Promise<string> {
  const channel = createChannel({ target: `127.0.0.1:${ports()[service]}`, descriptorSets: [], certificates });
  try {
    if (service === 'UserService') await createClient(UserServiceDefinition, channel).getUser({ id: 'me' });
    else if (service === 'AuthService') await createClient(AuthServiceDefinition, channel).login({});
    else await createClient(VerifierServiceDefinition, channel).getJwks({});
    return 'OK';
  } catch (error) {
    if (!isAppError(error)) throw error;
    return isAppError(error.cause) ? error.cause.reason : error.reason;
  } finally {
    channel.close();
  }
}
const letIn: Readonly<Record<Service, string>> = { UserService: 'TOKEN_MISSING', AuthService: 'VALIDATION_FAILED', VerifierService: 'OK' };

describe('of the three services with certificates of one CA', () => {
  it('everything works from sign-up to me', async () => {
    const { status, body } = await signUp(gatehouse.url, 'ada@example.com');
    expect(status).toBe(200);
    expect(await send(gatehouse.url, 'GET', '/v1/users/me', { token: body.accessToken })).toMatchObject({ status: 200, body: { email: 'ada@example.com' } });
  });

  it.each(all)('%s refuses plain text, an unknown CA, and an expired certificate', async (service) => {
    const issue = (authority: TestAuthority, validity?: Validity) => authority.issue(['gateway'], validity);
    expect(await call(service)).toBe('UNAVAILABLE');
    expect(await call(service, hold(await issue(foreign)))).toBe('UNAVAILABLE');
    expect(await call(service, hold(await issue(ca, { fromDays: -3, untilDays: -1 })))).toBe('UNAVAILABLE');
    expect(await call(service, hold(await issue(ca, { fromDays: 1, untilDays: 3 })))).toBe('UNAVAILABLE');
    expect(await call(service, hold(await issue(ca)))).toBe(letIn[service]);
  });

  it.each(all)('the port of %s refuses who shows no certificate', async (service) => {
    const outcome = await new Promise((resolve) => {
      const socket = connectTls({ host: '127.0.0.1', port: ports()[service], ca: ca.cert, ALPNProtocols: ['h2'] });
      socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code));
      socket.on('data', () => resolve('answered'));
    });
    expect(outcome).toBe('ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED');
  });

  // the arrows of docs/architecture.md
  it.each([
    ['gateway', ['UserService', 'AuthService', 'VerifierService']],
    ['auth', ['UserService']],
    ['user', ['VerifierService']],
    ['no-service', []],
    ['gateway.evil', []],
  ] as const)('%s may call %j, and no other service', async (name, allowed) => {
    const certificates = hold(await ca.issue([name]));
    for (const service of all)
      expect([service, await call(service, certificates)]).toEqual([
        service,
        (allowed as readonly Service[]).includes(service) ? letIn[service] : 'PEER_NOT_ADMITTED',
      ]);
  });

  const metric = async (service: ServiceName, pattern: RegExp): Promise<number> => {
    const port = gatehouse.ports[`${service}Admin`];
    return Number(pattern.exec(await (await fetch(`http://127.0.0.1:${port}/metrics`)).text())?.[1] ?? Number.NaN);
  };
  const renewals = (service: ServiceName) => metric(service, /^tls_certificate_renewals_total\{certificate="mtls",result="used".*\} (\d+)/m);

  it('new keys, and a new CA by way of a bundle of both, fail no request and no new connection', async () => {
    const { body } = await signUp(gatehouse.url, 'bob@example.com');
    const next = await createTestAuthority();
    const load = startLoad(gatehouse.url, body.accessToken);
    // who comes anew has a certificate of the old CA until the new one is in use, and believes both
    const outcomes = new Set<string>();
    let comers = hold(await ca.issue(['gateway']));
    let isOver = false;
    const arrivals = (async () => {
      while (!isOver) for (const service of all) outcomes.add(`${service} ${await call(service, comers)}`);
    })();
    const swap = async (authority: TestAuthority, ...believed: TestAuthority[]) => {
      const before = Object.fromEntries(await Promise.all(services.map(async (service) => [service, await renewals(service)])));
      for (const service of services) await write(service, authority, ...believed);
      for (const service of services) await until(`${service} uses its new certificate`, async () => (await renewals(service)) > before[service]);
    };
    const both = { cert: `${ca.cert}\n${next.cert}` } as TestAuthority;
    try {
      await swap(ca, ca);
      await swap(ca, ca, next);
      comers = hold(await next.issue(['gateway']), both);
      await swap(next, ca, next);
      await swap(next, next);
    } finally {
      isOver = true;
      await Promise.all([arrivals, load.stop()]);
    }
    expect([...outcomes].sort()).toEqual(all.map((service) => `${service} ${letIn[service]}`).sort());
    expect(new Set(load.statuses)).toEqual(new Set([200]));
    expect(load.torn).toEqual([]);

    // the old CA is forgotten, and who calls shows the new certificate
    expect(await call('UserService', hold(await ca.issue(['gateway']), both))).toBe('UNAVAILABLE');
    for (const service of ['user', 'auth'] as const) {
      gatehouse.processes[service].child.kill('SIGTERM');
      expect(await gatehouse.processes[service].exited).toMatchObject({ code: 0 });
      gatehouse.start(service);
    }
    await gatehouse.ready();
    expect((await signUp(gatehouse.url, 'carol@example.com')).status).toBe(200);
  });

  it('files that do not fit are told of, and the certificate before is kept', async () => {
    writeFileSync(own.user.MTLS_KEY_FILE!, (await ca.issue(['user'])).key);
    await until('user tells of it', () => gatehouse.processes.user.lines.some(({ body }) => body?.includes('cannot be used')));
    const { exception } = gatehouse.processes.user.lines.find(({ body }) => body?.includes('cannot be used'))!;
    expect(JSON.stringify(exception)).toContain('MTLS_KEY_FILE: ');
    expect(await metric('user', /^tls_certificate_renewals_total\{certificate="mtls",result="refused".*\} (\d+)/m)).toBeGreaterThan(0);
    expect((await signUp(gatehouse.url, 'dan@example.com')).status).toBe(200);
  });

  it('each says when its certificate expires', async () => {
    for (const service of services) {
      const seconds = await metric(service, /^tls_certificate_not_after_seconds\{certificate="mtls".*\} ([\d.e+]+)/m);
      expect(Math.abs(seconds - Date.now() / 1_000 - 86_400)).toBeLessThan(600);
    }
  });

  it('a certificate that is not valid yet, as where the clock of the issuer is ahead, is used once it is', async () => {
    const before = await renewals('user');
    writeCertificates(join(folder, 'user'), await ca.issue(namesOf('user'), { fromDays: 6 / 86_400 }), ca);
    await until('user tells of it', () =>
      gatehouse.processes.user.lines.some(({ exception }) => JSON.stringify(exception ?? '').includes('is not valid before')),
    );
    await until('user uses it', async () => (await renewals('user')) > before);
  });
});

describe('no service starts, nor is its configuration valid, with', () => {
  const required = { USER_DATABASE_URL: 'postgresql://user:hunter2@127.0.0.1:1/database', USER_SECRET_KEY: Buffer.alloc(32).toString('base64') };
  const run = async (settings: Record<string, string>, ...args: string[]) => {
    const { exited, stderr } = startProcess('user', { ...required, USER_GRPC_HOST: '0.0.0.0', USER_GRPC_PORT: '0', USER_ADMIN_PORT: '0', ...settings }, args);
    return { ...(await exited), problems: stderr().trim().split('\n  ').slice(1) };
  };
  const place = (name: string) => join(folder, 'start', name);
  let own: Issued;
  const issue = (issuance?: Issuance) => ca.issue(namesOf('user'), issuance);
  const expired = { fromDays: -3, untilDays: -1 };

  it.each<[string, () => Promise<Record<string, string>>, ...RegExp[]]>([
    ['no certificate, off loopback', async () => ({}), /^USER_GRPC_HOST: is not loopback.*ALLOW_PLAINTEXT_GRPC=true/],
    [
      'files that are missing',
      async () => ({ MTLS_CERT_FILE: '/nowhere/tls.crt', MTLS_KEY_FILE: '/nowhere/tls.key', MTLS_CA_FILE: '/nowhere/ca.crt' }),
      /^MTLS_CERT_FILE: there is no file \/nowhere\/tls.crt$/,
      /^MTLS_KEY_FILE: there is no/,
      /^MTLS_CA_FILE: there is no/,
    ],
    [
      'files that hold something else',
      async () => writeCertificates(place('else'), { cert: 'hunter2', key: 'hunter2' }, { cert: 'hunter2' }),
      /^MTLS_CERT_FILE: .* holds no certificate in PEM/,
      /^MTLS_KEY_FILE: .* holds no private key/,
      /^MTLS_CA_FILE: .* holds no certificate in PEM/,
    ],
    [
      'the key of another certificate',
      async () => writeCertificates(place('key'), { ...(await issue()), key: (await issue()).key }, ca),
      /^MTLS_KEY_FILE: .* is not the key of the certificate in MTLS_CERT_FILE/,
    ],
    [
      'a certificate that has expired',
      async () => writeCertificates(place('expired'), await issue(expired), ca),
      /^MTLS_CERT_FILE: the certificate in .* expired at 20.*: renew it/,
    ],
    [
      'a certificate that is not valid yet',
      async () => writeCertificates(place('early'), await issue({ fromDays: 1, untilDays: 3 }), ca),
      /^MTLS_CERT_FILE: the certificate in .* is not valid before 20/,
    ],
    [
      'an expired certificate between it and its CA',
      async () => writeCertificates(place('between'), { ...(own = await issue()), cert: `${own.cert}\n${(await issue(expired)).cert}` }, ca),
      /^MTLS_CERT_FILE: a certificate of the chain in .* expired at 20.*: renew it/,
    ],
    [
      'a certificate for servers alone',
      async () => writeCertificates(place('server'), await issue({ usages: ['serverAuth'] }), ca),
      /^MTLS_CERT_FILE: the certificate in .* is not for client authentication \(extended key usage\): have it issued for that too/,
    ],
    [
      'a certificate for clients alone',
      async () => writeCertificates(place('client'), await issue({ usages: ['clientAuth'] }), ca),
      /^MTLS_CERT_FILE: the certificate in .* is not for server authentication \(extended key usage\): have it issued for that too/,
    ],
    [
      'a certificate of no CA among those of CAs',
      async () => writeCertificates(place('no ca'), await issue(), ca, await issue()),
      /^MTLS_CA_FILE: .* holds a certificate that is not of a CA: put that of its issuer in its place/,
    ],
    [
      'a CA file that is cut off',
      async () => writeCertificates(place('cut'), await issue(), ca, { cert: foreign.cert.slice(0, 200) }),
      /^MTLS_CA_FILE: .* holds no certificate in PEM, or one that cannot be read/,
    ],
    [
      'a CA that has expired',
      async () => writeCertificates(place('ca'), await issue(), await createTestAuthority('old', expired)),
      /^MTLS_CA_FILE: the certificate in .* expired at 20/,
    ],
  ])('%s', async (_, make, ...told) => {
    const settings = await make();
    const [start, check] = await Promise.all([run(settings), run(settings, '--check-config')]);
    expect(start).toEqual({ code: 1, signal: null, problems: told.map((pattern) => expect.stringMatching(pattern)) });
    expect(check).toEqual(start);
    expect(JSON.stringify(start)).not.toContain('hunter2');
  });

  it('nothing else: the same files are taken where they fit, and plain text where it is asked for', async () => {
    const check = async (name: string, issued: Issued, ...believed: TestAuthority[]) =>
      expect(await run(writeCertificates(place(name), issued, ...believed), '--check-config')).toMatchObject({ code: 0, problems: [] });
    await check('good', await issue(), ca);
    await check('both usages', await issue({ usages: ['serverAuth', 'clientAuth'] }), ca);
    // on the way from one CA to the other
    await check('both CAs', await issue(), foreign, ca);
    await check('ahead', await issue(), foreign);
    const old = await createTestAuthority('old', expired);
    await check('root in the chain', { ...(own = await issue()), cert: `${own.cert}\n${old.cert}` }, ca, old);
    // a self-signed certificate is believed where it is shown, CA or not
    await check('itself', await issue(), await createTestAuthority('itself', { isAuthority: false }));
    expect(await run({ ALLOW_PLAINTEXT_GRPC: 'true' }, '--check-config')).toMatchObject({ code: 0 });
  });
});

it.each<[string, string, () => Promise<Issued>]>([
  ['the certificate of the server does not name 127.0.0.1', 'has another name', () => ca.issue(['auth'])],
  ['CERT_HAS_EXPIRED', 'has expired', () => ca.issue(['127.0.0.1'], { fromDays: -3, untilDays: -1 })],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'is of an unknown CA', () => foreign.issue(['127.0.0.1'])],
])('a log says %j once of a target whose certificate %s, however often it is tried', async (reason, _, issue) => {
  let connections = 0;
  const callee = createTlsServer({ ...(await issue()), ALPNProtocols: ['h2'] }).on('tlsClientError', () => {});
  callee.on('connection', () => void connections++);
  await new Promise<void>((resolve) => callee.listen(0, '127.0.0.1', resolve));
  const target = `127.0.0.1:${(callee.address() as AddressInfo).port}`;
  const { child, exited, lines } = startProcess('user', {
    USER_DATABASE_URL: 'postgresql://user@127.0.0.1:1/database',
    USER_SECRET_KEY: Buffer.alloc(32).toString('base64'),
    USER_GRPC_PORT: '0',
    USER_ADMIN_PORT: '0',
    USER_VERIFIER_TARGET: target,
    ...own.user,
  });
  try {
    await until('it was tried several times', () => connections > 2);
    await untilLinesAreWritten();
    const told = lines.filter(({ body }) => body?.includes('TLS handshake'));
    expect(told).toEqual([expect.objectContaining({ severity_text: 'WARN', body: `the TLS handshake with ${target} failed: ${reason}` })]);
  } finally {
    child.kill('SIGKILL');
    await exited;
    callee.close();
  }
});

describe('what the environment says to all programs changes nothing:', () => {
  const required = {
    USER_DATABASE_URL: 'postgresql://user@127.0.0.1:1/database',
    USER_SECRET_KEY: Buffer.alloc(32).toString('base64'),
    USER_GRPC_PORT: '0',
    USER_ADMIN_PORT: '0',
  };
  /** A `user` with nobody else there, until the outcome is known. */
  const withUser = async <T>(settings: Record<string, string>, outcome: Promise<T>): Promise<T> => {
    const { child, exited } = startProcess('user', { ...required, ...settings });
    try {
      return await outcome;
    } finally {
      child.kill('SIGKILL');
      await exited;
    }
  };
  const listen = async (server: ReturnType<typeof createServer>) => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return (server.address() as AddressInfo).port;
  };

  it.each(['grpc_proxy', 'https_proxy', 'http_proxy'])('gRPC goes straight to its target though %s is set', async (variable) => {
    const { promise, resolve } = Promise.withResolvers<string>();
    const [callee, proxy] = ['callee', 'proxy'].map((name) =>
      createServer((socket) => void socket.on('error', () => {}).once('data', () => resolve(name))),
    ) as [ReturnType<typeof createServer>, ReturnType<typeof createServer>];
    try {
      expect(
        await withUser({ USER_VERIFIER_TARGET: `127.0.0.1:${await listen(callee)}`, [variable]: `http://127.0.0.1:${await listen(proxy)}` }, promise),
      ).toBe('callee');
    } finally {
      callee.close();
      proxy.close();
    }
  });

  it('a server of an unknown CA is told nothing though NODE_TLS_REJECT_UNAUTHORIZED is 0', async () => {
    const { promise, resolve } = Promise.withResolvers<string>();
    const { cert, key } = await foreign.issue(['127.0.0.1']);
    const callee = createTlsServer(
      { cert, key, ALPNProtocols: ['h2'] },
      (socket) =>
        void socket
          .on('error', () => {})
          .once('data', () => resolve('spoken to'))
          .once('close', () => resolve('left')),
    );
    callee.on('tlsClientError', () => resolve('left'));
    try {
      expect(await withUser({ ...own.user, USER_VERIFIER_TARGET: `127.0.0.1:${await listen(callee)}`, NODE_TLS_REJECT_UNAUTHORIZED: '0' }, promise)).toBe(
        'left',
      );
    } finally {
      callee.close();
    }
  });
});
