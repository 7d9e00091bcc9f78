import { Client, credentials, status } from '@grpc/grpc-js';
import { connect as connectTls } from 'node:tls';
import { createChannel, createClient, type RpcCertificates, type RpcObserver } from '../src';
import { createTestAuthority, startTestServer, type TestAuthority } from '../src/testing';
import { caught, closeLater, descriptorSets, toService } from './connect';
import { TestServiceDefinition } from './gen/test/v1/test';

type Held = ReturnType<RpcCertificates['current']>;

let ca: TestAuthority;
let other: TestAuthority;
beforeAll(async () => {
  ca = await createTestAuthority();
  other = await createTestAuthority();
});

/** Certificates that can be changed. */
function hold(first: Held): RpcCertificates & { change(next: Held): void } {
  const listeners = new Set<() => void>();
  let current = first;
  return {
    current: () => current,
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    change(next) {
      current = next;
      listeners.forEach((listener) => listener());
    },
  };
}
const holdOf = async (names: readonly string[], authority = ca, believed = ca, period = {}) =>
  hold({ ...(await authority.issue(names, period)), ca: believed.cert });

/** Serves with a certificate of the names, for `gateway` and one SPIFFE id. */
async function serve(names: readonly string[] = ['127.0.0.1', 'localhost'], certificates?: RpcCertificates) {
  const server = await startTestServer(
    TestServiceDefinition,
    toService(async () => ({ result: 'answered' })),
    {
      descriptorSets,
      certificates: certificates ?? (await holdOf(names)),
      peers: ['gateway', 'spiffe://test/gateway'],
    },
  );
  closeLater(() => server.close());
  return server;
}

function connect(target: string, certificates?: RpcCertificates, serverName?: string, onHandshakeFailure?: RpcObserver['onHandshakeFailure']) {
  const channel = createChannel({ target, descriptorSets, certificates, serverName, observer: { server: [], client: [], onHandshakeFailure } });
  closeLater(async () => channel.close());
  return createClient(TestServiceDefinition, channel);
}

/** A call of another implementation's: what it is told over the wire. */
async function callRaw(target: string, { cert, key, ca: root }: Held): Promise<{ code: number; details: string }> {
  const client = new Client(target.replace('127.0.0.1', 'localhost'), credentials.createSsl(Buffer.from(root!), Buffer.from(key), Buffer.from(cert)));
  closeLater(async () => client.close());
  const same = (bytes: Buffer) => bytes;
  return new Promise((resolve) =>
    client.makeUnaryRequest('/test.v1.TestService/Act', same, same, Buffer.alloc(0), { deadline: Date.now() + 5_000 }, (error) =>
      resolve({ code: error?.code ?? 0, details: error?.details ?? '' }),
    ),
  );
}

it('a peer is answered, by its DNS name or its SPIFFE id', async () => {
  const { target } = await serve();
  for (const names of [['gateway'], ['spiffe://test/gateway'], ['elsewhere', 'gateway']])
    expect(await connect(target, await holdOf(names)).act({})).toMatchObject({ result: 'answered' });
});

it.each([
  ['another name', ['auth'], 'auth'],
  ['a longer name', ['gateway.evil'], 'gateway.evil'],
  ['a wildcard', ['*'], 'nobody'],
  ['another SPIFFE id', ['spiffe://test/gateway/evil'], 'spiffe://test/gateway/evil'],
  ['a URI that could be read as several names', ['spiffe://test/x, DNS:gateway'], 'nobody'],
  ['no name but the common name of a peer', ['10.0.0.1'], 'nobody'],
])('who has a certificate of the CA with %s is told PERMISSION_DENIED with that name, and no more', async (_, names, told) => {
  const { target } = await serve();
  expect(await callRaw(target, (await holdOf(names)).current())).toEqual({
    code: status.PERMISSION_DENIED,
    details: `the certificate of ${told} does not admit to this service`,
  });
});

it('to the callers of a process that is no peer, what it needed is UNAVAILABLE', async () => {
  const { target } = await serve();
  expect(await caught(connect(target, await holdOf(['auth'])).act({}))).toMatchObject({
    code: 'UNAVAILABLE',
    kind: 'infrastructure',
    cause: { code: 'PERMISSION_DENIED', reason: 'PEER_NOT_ADMITTED', metadata: { peer: 'auth' } },
  });
});

describe('no call gets through', () => {
  const refused = async (target: string, certificates?: RpcCertificates, serverName?: string) =>
    expect(await caught(connect(target, certificates, serverName).act({}, { deadlineMs: 1_500 }))).toMatchObject({ code: 'UNAVAILABLE' });

  it('in plain text, in either direction', async () => {
    const { target } = await serve();
    await refused(target);
    const plain = await startTestServer(
      TestServiceDefinition,
      toService(async () => ({ result: 'answered' })),
      { descriptorSets },
    );
    closeLater(() => plain.close());
    await refused(plain.target, await holdOf(['gateway']));
  });

  it('with a certificate of a CA that is not believed, on either side', async () => {
    const { target } = await serve();
    await refused(target, await holdOf(['gateway'], other, ca));
    await refused(target, await holdOf(['gateway'], ca, other));
  });

  it('with a certificate that has expired or is not valid yet, on either side', async () => {
    const { target } = await serve();
    await refused(target, await holdOf(['gateway'], ca, ca, { fromDays: -3, untilDays: -1 }));
    await refused(target, await holdOf(['gateway'], ca, ca, { fromDays: 1, untilDays: 3 }));
    const expired = await serve([], await holdOf(['127.0.0.1'], ca, ca, { fromDays: -3, untilDays: -1 }));
    await refused(expired.target, await holdOf(['gateway']));
  });

  it.each([
    ['with another address', ['10.0.0.1', 'localhost'], undefined],
    ['with another name than the expected', ['127.0.0.1', 'auth'], 'user'],
    ['with a wildcard', ['127.0.0.1', '*.gatehouse'], 'user.gatehouse'],
    ['with another SPIFFE id than the expected', ['127.0.0.1', 'spiffe://test/auth'], 'spiffe://test/user'],
  ])('to a server %s', async (_, names, serverName) => {
    const { target } = await serve(names);
    await refused(target, await holdOf(['gateway']), serverName);
  });

  it('without a certificate, or below TLS 1.3', async () => {
    const { port } = await serve();
    const { cert, key } = await ca.issue(['gateway']);
    const outcome = (options: object) =>
      new Promise<string>((resolve) => {
        const socket = connectTls({ host: '127.0.0.1', port, ca: ca.cert, ALPNProtocols: ['h2'], ...options });
        socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
        socket.on('data', () => (socket.destroy(), resolve('answered')));
        socket.on('close', () => resolve('closed'));
      });
    expect(await outcome({ cert, key })).toBe('answered');
    expect(await outcome({})).toBe('ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED');
    expect(await outcome({ cert, key, maxVersion: 'TLSv1.2' })).toBe('ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION');
  });
});

it.each([
  ['the address', ['127.0.0.1'], undefined],
  ['the name', ['user'], 'user'],
  ['the SPIFFE id', ['auth', 'spiffe://test/user'], 'spiffe://test/user'],
])('a server is called whose certificate has %s that is expected', async (_, names, serverName) => {
  const { target } = await serve(names);
  expect(await connect(target, await holdOf(['gateway']), serverName).act({})).toMatchObject({ result: 'answered' });
});

it('each new connection shows and believes what is held then, and those that are there go on', async () => {
  const held = await holdOf(['127.0.0.1']);
  const own = await holdOf(['gateway']);
  const { target } = await serve([], held);
  const before = connect(target, own);
  await before.act({});
  held.change({ ...(await other.issue(['127.0.0.1'])), ca: other.cert });
  expect(await before.act({})).toMatchObject({ result: 'answered' });
  expect(await caught(connect(target, own).act({}, { deadlineMs: 1_500 }))).toMatchObject({ code: 'UNAVAILABLE' });
  own.change({ ...(await other.issue(['gateway'])), ca: other.cert });
  expect(await connect(target, own).act({})).toMatchObject({ result: 'answered' });
});

describe('of a handshake that fails the observer of the channel is told', () => {
  const wrong = 'the certificate of the server does not name user';

  it.each<[string, () => Promise<readonly [server: RpcCertificates, own: RpcCertificates, serverName?: string]>, string]>([
    ['the name that the server has not', async () => [await holdOf(['127.0.0.1']), await holdOf(['gateway']), 'user'], wrong],
    [
      'that the certificate of the server expired',
      async () => [await holdOf(['127.0.0.1'], ca, ca, { fromDays: -3, untilDays: -1 }), await holdOf(['gateway'])],
      'CERT_HAS_EXPIRED',
    ],
    ['that its CA is unknown', async () => [await holdOf(['127.0.0.1'], other, ca), await holdOf(['gateway'])], 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
    [
      'that the server refused the own certificate',
      async () => [await holdOf(['127.0.0.1']), await holdOf(['gateway'], ca, ca, { fromDays: -3, untilDays: -1 })],
      'the server ended the connection after the handshake, as one does that refuses the certificate of this process',
    ],
  ])('%s, once in however many attempts', async (_, make, reason) => {
    const [theirs, own, serverName] = await make();
    const { target } = await serve([], theirs);
    const told: unknown[] = [];
    const client = connect(target, own, serverName, (failure) => void told.push(failure));
    for (let attempt = 0; attempt < 3; attempt++) expect(await caught(client.act({}, { deadlineMs: 1_000 }))).toMatchObject({ code: 'UNAVAILABLE' });
    expect(told).toEqual([{ target, reason }]);
  });

  it('anew when the reason is another, and when it comes again after a connection', async () => {
    const held = await holdOf(['127.0.0.1']);
    const { target, port, close } = await startTestServer(
      TestServiceDefinition,
      toService(async () => ({ result: 'answered' })),
      { descriptorSets, certificates: held, peers: ['gateway'] },
    );
    const told: string[] = [];
    const client = connect(target, await holdOf(['gateway']), 'user', ({ reason }) => void told.push(reason));
    const act = () => caught(client.act({}, { deadlineMs: 1_500 }));
    await act();
    held.change({ ...(await other.issue(['user'])), ca: ca.cert });
    await act();
    held.change({ ...(await ca.issue(['user'])), ca: ca.cert });
    expect(await client.act({})).toMatchObject({ result: 'answered' });
    await close();
    const again = await startTestServer(
      TestServiceDefinition,
      toService(async () => ({ result: 'answered' })),
      { descriptorSets, certificates: await holdOf(['127.0.0.1']), peers: ['gateway'], port },
    );
    closeLater(() => again.close());
    await act();
    expect(told).toEqual([wrong, 'UNABLE_TO_VERIFY_LEAF_SIGNATURE', wrong]);
  });
});

it('a service that does not say who its peers are does not start', async () => {
  const start = startTestServer(
    TestServiceDefinition,
    toService(async () => ({ result: 'answered' })),
    { descriptorSets, certificates: await holdOf(['127.0.0.1']) },
  );
  await expect(start).rejects.toThrow('test.v1.TestService does not say which peers may call it');
});
