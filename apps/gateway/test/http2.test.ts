import { mkdtempSync, copyFileSync, rmSync, writeFileSync } from 'node:fs';
import { request as requestHttps } from 'node:https';
import { type ClientHttp2Session, type ClientHttp2Stream, connect, type IncomingHttpHeaders } from 'node:http2';
import { connect as connectTcp } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { type GatewayUnderTest, pause, startGateway } from './gateway-under-test';

const certificates = `${__dirname}/certificates`;
const ada = '018f0000-0000-7000-8000-000000000001';
const folder = mkdtempSync(join(tmpdir(), 'gatehouse certificates '));
const closing: (() => Promise<unknown> | void)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});
afterAll(() => rmSync(folder, { recursive: true }));

async function start(settings: Record<string, string> = {}): Promise<GatewayUnderTest> {
  const gateway = await startGateway(settings);
  closing.push(() => gateway.close());
  return gateway;
}
function open(url: string): ClientHttp2Session {
  const session = connect(url, { rejectUnauthorized: false });
  session.on('error', () => {});
  closing.push(() => session.destroy());
  return session;
}
interface Answer {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}
async function read(stream: ClientHttp2Stream): Promise<Answer> {
  let headers: IncomingHttpHeaders = {};
  let text = '';
  stream.on('response', (got) => (headers = got)).setEncoding('utf8');
  await new Promise((resolve, reject) =>
    stream
      .on('data', (chunk) => (text += chunk))
      .on('error', reject)
      .on('close', resolve),
  );
  return { status: headers[':status'] as number | undefined, headers, text };
}
const ask = (session: ClientHttp2Session, headers: Record<string, string | string[]>, body?: string) =>
  read(session.request({ ':path': '/v1/users/me', ...headers }, { endStream: body === undefined }).end(body));
const post = { ':method': 'POST', ':path': '/v1/auth/login', 'content-type': 'application/json' };
const credentials = '{"email":"ada@example.com","password":"correct horse"}';

describe('on one cleartext port', () => {
  it('HTTP/2 and HTTP/1.1 are served, each client as it begins', async () => {
    const gateway = await start();
    const session = open(gateway.url);
    const authorization = `Bearer ${await gateway.upstreams.issuer.accessToken({ id: ada })}`;
    const answers = await Promise.all([
      ask(session, { authorization }),
      ask(session, post, credentials),
      ask(session, { ':path': '/healthz' }),
      ask(session, { ':method': 'HEAD', authorization }),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect((await fetch(`${gateway.url}/healthz`)).status).toBe(200);
    expect(await gateway.raw('POST /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')).toMatch(/^HTTP\/1\.1 /);
  });

  it('a client may send its first bytes one by one', async () => {
    const gateway = await start();
    const trickle = (text: string) =>
      new Promise<string>((resolve) => {
        let answer = '';
        const socket = connectTcp(gateway.app.httpPort, '127.0.0.1', async () => {
          socket.setNoDelay(true);
          for (const byte of text) {
            socket.write(byte);
            await pause(3);
          }
        });
        socket.on('data', (chunk) => (answer += chunk.toString('latin1'))).on('close', () => resolve(answer));
        setTimeout(() => socket.destroy(), 1_000);
      });
    expect(await trickle('PUT /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')).toMatch(/^HTTP\/1\.1 /);
    // SETTINGS comes first of the server (RFC 9113 §3.4)
    expect((await trickle('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')).charCodeAt(3)).toBe(4);
  });

  it('problems are the same as over HTTP/1.1', async () => {
    const gateway = await start({ GATEWAY_MAX_HEADER_BYTES: '2000', GATEWAY_MAX_BODY_BYTES: '1000' });
    const session = open(gateway.url);
    for (const [headers, body, status, reason] of [
      [{}, undefined, 401, 'TOKEN_MISSING'],
      [{ ':path': '/nothing' }, undefined, 404, 'METHOD_UNKNOWN'],
      [{ ':method': 'PUT' }, undefined, 405, 'HTTP_METHOD_UNSUPPORTED'],
      [{ ':path': `/${'x'.repeat(13_000)}` }, undefined, 414, 'URL_TOO_LONG'],
      [{ x: 'x'.repeat(2_000) }, undefined, 431, 'HEADERS_TOO_LARGE'],
      [post, ' '.repeat(1_001), 413, 'REQUEST_TOO_LARGE'],
      [{ ...post, 'content-encoding': 'gzip' }, credentials, 415, 'MEDIA_TYPE_UNSUPPORTED'],
      [{ ':authority': 'here.example', host: 'elsewhere.example' }, undefined, 400, 'REQUEST_UNREADABLE'],
    ] as const) {
      const answer = await ask(session, headers, body);
      expect(answer).toMatchObject({
        status,
        headers: { 'content-type': 'application/problem+json', 'x-content-type-options': 'nosniff', 'x-request-id': expect.any(String) },
      });
      expect(JSON.parse(answer.text)).toMatchObject({ status, reason });
    }
    expect((await ask(session, { ':method': 'OPTIONS' })).headers.allow).toBe('DELETE, GET, HEAD, PATCH');
  });

  it('a host that is named twice alike is one', async () => {
    const gateway = await start();
    expect((await ask(open(gateway.url), { ':authority': 'here.example', host: 'Here.example' })).status).toBe(401);
  });

  it('a body that does not come in time is 408', async () => {
    const gateway = await start({ GATEWAY_REQUEST_TIMEOUT_MS: '300' });
    const session = open(gateway.url);
    const stream = session.request(post, { endStream: false });
    stream.write('{');
    const answer = await read(stream);
    expect(answer.status).toBe(408);
    expect(JSON.parse(answer.text)).toMatchObject({ reason: 'REQUEST_TOO_SLOW', metadata: { limit: 'request_ms', max: '300' } });
    expect((await ask(session, {})).status).toBe(401);
  });

  it('HTTP/2 is not spoken where it is switched off', async () => {
    const gateway = await start({ GATEWAY_HTTP2: 'false' });
    await expect(ask(open(gateway.url), {})).rejects.toThrow();
    expect((await fetch(`${gateway.url}/healthz`)).status).toBe(200);
  });

  it('a connection ends after so many requests', async () => {
    const gateway = await start({ GATEWAY_MAX_REQUESTS_PER_SOCKET: '2' });
    const session = open(gateway.url);
    const closed = new Promise((resolve) => session.once('close', resolve));
    expect([(await ask(session, {})).status, (await ask(session, {})).status]).toEqual([401, 401]);
    await closed;
  });
});

it('the end answers what is in flight, says so by GOAWAY, and waits for no idle client', async () => {
  const gateway = await startGateway();
  closing.push(() => gateway.upstreams.close());
  let finish = () => {};
  gateway.upstreams.answers['Login'] = () => new Promise((resolve) => (finish = () => resolve({})));
  const session = open(gateway.url);
  const idle = open(gateway.url);
  await ask(idle, {});
  const goaways = new Map<ClientHttp2Session, number>();
  for (const each of [session, idle]) each.once('goaway', (code) => goaways.set(each, code));
  const answer = ask(session, post, credentials);
  while (!gateway.upstreams.calls.length) await pause(5);
  const begin = Date.now();
  const closed = gateway.app.close();
  while (goaways.size < 2) await pause(5);
  expect([...goaways.values()]).toEqual([0, 0]);
  finish();
  expect((await answer).status).toBe(200);
  await closed;
  expect(Date.now() - begin).toBeLessThan(1_400);
});

describe('over TLS', () => {
  const use = (name: string) => {
    copyFileSync(`${certificates}/${name}.key`, `${folder}/tls.key`);
    copyFileSync(`${certificates}/${name}.crt`, `${folder}/tls.crt`);
  };
  const settings = { GATEWAY_TLS_CERT_FILE: `${folder}/tls.crt`, GATEWAY_TLS_KEY_FILE: `${folder}/tls.key` };
  // the harness asks over cleartext for what is not the admin port
  const urlOf = (gateway: GatewayUnderTest) => `https://127.0.0.1:${gateway.app.httpPort}`;
  const nameOf = (gateway: GatewayUnderTest) =>
    new Promise<string>((resolve, reject) => {
      const socket = connectTls({ port: gateway.app.httpPort, host: '127.0.0.1', rejectUnauthorized: false, ALPNProtocols: ['http/1.1'] }, () => {
        resolve(String(socket.getPeerCertificate().subject.CN));
        socket.destroy();
      }).on('error', reject);
    });
  const askHttp1 = (gateway: GatewayUnderTest, path: string) =>
    new Promise<{ status?: number; version: string; headers: object }>((resolve, reject) => {
      requestHttps(urlOf(gateway) + path, { rejectUnauthorized: false, agent: false }, (response) => {
        response.resume().on('end', () => resolve({ status: response.statusCode, version: response.httpVersion, headers: response.headers }));
      })
        .on('error', reject)
        .end();
    });
  beforeEach(() => use('first'));

  it('ALPN decides between HTTP/2 and HTTP/1.1, and browsers are told to stay', async () => {
    const gateway = await start(settings);
    const session = open(urlOf(gateway));
    const answer = await ask(session, {});
    expect([session.alpnProtocol, answer.status, answer.headers['strict-transport-security']]).toEqual(['h2', 401, expect.stringMatching(/^max-age=/)]);
    expect(await askHttp1(gateway, '/healthz')).toMatchObject({
      status: 200,
      version: '1.1',
      headers: { 'strict-transport-security': expect.stringMatching(/^max-age=/) },
    });
    await expect(gateway.raw('GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n')).resolves.not.toMatch(/^HTTP/);
  });

  it('a certificate that changes is used at once; one that cannot be is not, and the connections stay', async () => {
    const gateway = await start(settings);
    const session = open(urlOf(gateway));
    expect((await ask(session, {})).status).toBe(401);
    expect(await nameOf(gateway)).toBe('first.gatehouse.test');
    writeFileSync(`${folder}/tls.crt`, 'rubbish');
    await pause(2_200);
    expect(await nameOf(gateway)).toBe('first.gatehouse.test');
    use('second');
    for (const begin = Date.now(); (await nameOf(gateway)) !== 'second.gatehouse.test'; await pause(50)) expect(Date.now() - begin).toBeLessThan(5_000);
    expect((await ask(session, {})).status).toBe(401);
    const metrics = await (await fetch(`http://127.0.0.1:${gateway.app.adminPort}/metrics`)).text();
    expect(metrics).toMatch(/tls_certificate_renewals_total\{certificate="gateway_tls",result="used"\} [1-9]/);
    expect(metrics).toMatch(/tls_certificate_renewals_total\{certificate="gateway_tls",result="refused"\} [1-9]/);
  });

  it('the end says GOAWAY too', async () => {
    const gateway = await startGateway(settings);
    const session = open(urlOf(gateway));
    await ask(session, {});
    const closed = new Promise((resolve) => session.once('goaway', resolve));
    await gateway.close();
    expect(await closed).toBe(0);
  });

  it('needs both files, and files that can be used', async () => {
    await expect(startGateway({ GATEWAY_TLS_CERT_FILE: settings.GATEWAY_TLS_CERT_FILE })).rejects.toThrow('GATEWAY_TLS_KEY_FILE');
    await expect(startGateway({ ...settings, GATEWAY_TLS_KEY_FILE: `${folder}/none` })).rejects.toThrow(/GATEWAY_TLS_KEY_FILE: there is no file/);
    copyFileSync(`${certificates}/second.key`, `${folder}/tls.key`);
    await expect(startGateway(settings)).rejects.toThrow(/GATEWAY_TLS_KEY_FILE: .* is not the key of the certificate in GATEWAY_TLS_CERT_FILE/);
  });
});
