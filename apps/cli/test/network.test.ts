import { createTestAuthority } from '@gatehouse/rpc/testing';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, connect, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';
import { startDirectory } from './directory';
import { gatehouse } from './gatehouse';
import { account } from './logins';

const listen = async (server: Server): Promise<number> => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
};
const joinSockets = (one: Socket, other: Socket) => {
  one.pipe(other).pipe(one);
  for (const socket of [one, other]) socket.on('error', () => [one, other].forEach((each) => each.destroy()));
};

it('an import and an export go over TLS and through the proxy that the environment names', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse network '));
  const directory = await startDirectory();
  const authority = await createTestAuthority();
  const edge = createTlsServer(await authority.issue(['id.example'], { usages: ['serverAuth'] }), (socket) =>
    joinSockets(socket, connect(Number(new URL(directory.url).port), '127.0.0.1')),
  );
  const edgePort = await listen(edge);
  const asked: string[] = [];
  const proxy = createHttpServer().on('connect', ({ url }, socket: Socket) => {
    asked.push(url!);
    socket.write('HTTP/1.1 200 OK\r\n\r\n');
    joinSockets(socket, connect(edgePort, '127.0.0.1'));
  });
  const proxyPort = await listen(proxy);
  try {
    const file = join(folder, 'users.ndjson');
    writeFileSync(file, '{"email":"a@x.example"}\n');
    writeFileSync(join(folder, 'ca.pem'), authority.cert);
    const env = {
      GATEHOUSE_EMAIL: account.email,
      GATEHOUSE_PASSWORD: account.password,
      NODE_EXTRA_CA_CERTS: join(folder, 'ca.pem'),
      HTTPS_PROXY: `http://127.0.0.1:${proxyPort}`,
    };
    expect(await gatehouse(['import', file, '--url', 'https://id.example'], { env })).toMatchObject({ status: 0, stderr: '' });
    const { status, stdout } = await gatehouse(['export', '--url', 'https://id.example'], { env });
    expect([status, JSON.parse(stdout).email]).toEqual([0, 'a@x.example']);
    expect(new Set(asked)).toEqual(new Set(['id.example:443']));
    // a certificate of nobody known is refused, and nothing is sent
    const oneLine = (sentence: string) => [3, expect.stringMatching(new RegExp(`^gatehouse export: .*${sentence}\\n$`))];
    const strangers = await gatehouse(['export', '--url', 'https://id.example'], { env: { ...env, NODE_EXTRA_CA_CERTS: undefined } });
    expect([strangers.status, strangers.stderr]).toEqual(oneLine('set NODE_EXTRA_CA_CERTS to the file of its authority'));
    const misnamed = await gatehouse(['export', '--url', `https://127.0.0.1:${edgePort}`], { env: { ...env, HTTPS_PROXY: undefined } });
    expect([misnamed.status, misnamed.stderr]).toEqual(oneLine('is --url right\\?'));
    const plain = await gatehouse(['export', '--url', directory.url.replace('http:', 'https:')], { env: { ...env, HTTPS_PROXY: undefined } });
    expect([plain.status, plain.stderr]).toEqual(oneLine('is --url one of http\\?'));
  } finally {
    for (const server of [edge, proxy]) server.close();
    proxy.closeAllConnections();
    await directory.close();
    rmSync(folder, { recursive: true, force: true });
  }
});
