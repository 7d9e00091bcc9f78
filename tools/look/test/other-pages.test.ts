import { readFile } from 'node:fs/promises';
import { type LookUnderTest, makeSpan, pageFolder, startLook, toExport } from './look-under-test';

let under: LookUnderTest;
beforeAll(async () => (under = await startLook()));
afterAll(() => under.close());

const paths = ['/', '/look.js', '/api/now', '/api/mails', '/api/traces/0af7651916cd43dd8448eb211c80319c', '/v1/traces'];
const methodOf = (path: string) => (path === '/v1/traces' ? 'POST' : 'GET');

describe('a page elsewhere in the browser', () => {
  it.each(paths)('cannot come in by a name that it made point here: %s', async (path) => {
    const { port } = new URL(under.url);
    for (const host of [`evil.example:${port}`, 'evil.example', `127.0.0.1.evil.example:${port}`, '127.0.0.1:1', `127.0.0.1:${port}.`]) {
      const { status, body } = await under.ask(methodOf(path), path, { host, 'content-type': 'application/x-protobuf' });
      expect([host, status, body.toString()]).toEqual([host, 421, `ask for it by its own address: ${under.url}\n`]);
    }
    expect((await under.ask('GET', '/', { host: `localhost:${port}` })).status).toBe(200);
  });

  it.each(paths)('is refused as who it says it is: %s', async (path) => {
    const type = { 'content-type': 'application/x-protobuf' };
    const told: Record<string, string>[] = [
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' },
      { 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'cors' },
    ];
    for (const headers of told) {
      const { status } = await under.ask(methodOf(path), path, { ...type, ...headers }, methodOf(path) === 'POST' ? toExport([makeSpan(1)]) : undefined);
      expect([headers, status]).toEqual([headers, 403]);
    }
    expect((await under.now()).requests).toEqual([]);
  });

  it('may lead here, and nothing more', async () => {
    const led = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' };
    expect((await under.ask('GET', '/', led)).status).toBe(200);
    expect((await under.ask('GET', '/api/now', led)).status).toBe(403);
  });

  it('is never told that it may ask', async () => {
    for (const path of paths) {
      const { status, headers } = await under.ask('OPTIONS', path, {
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'content-type',
      });
      expect([path, status]).toEqual([path, 405]);
      expect(Object.keys(headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
    }
  });
});

it.each(['POST', 'PUT', 'DELETE', 'PATCH'])('nothing is there to %s, but traces to be sent', async (method) => {
  for (const path of ['/', '/api/now']) expect((await under.ask(method, path)).status).toBe(405);
  expect((await under.ask('GET', '/v1/traces')).headers['allow']).toBe('POST');
});

it.each(['/nothing', '/api/traces/x', '/api/traces/0af7651916cd43dd8448eb211c80319c', '/../../package.json', '/look.js.map'])(
  '%s is not there',
  async (path) => {
    expect((await under.ask('GET', path)).status).toBe(404);
  },
);

it('the page loads what is here alone, and may not be framed', async () => {
  const { headers, body } = await under.ask('GET', '/');
  expect(headers['content-security-policy']).toContain("default-src 'none'; script-src 'self'; style-src 'self'");
  expect(headers['content-security-policy']).toContain("frame-ancestors 'none'");
  expect(body.toString()).toContain('<title>Gatehouse');
  expect(body.toString()).not.toMatch(/https?:/);
  expect((await under.ask('GET', '/look.js')).headers).toMatchObject({
    'content-type': 'text/javascript; charset=utf-8',
    'x-content-type-options': 'nosniff',
    'cross-origin-resource-policy': 'same-origin',
  });
});

it('the page is small: less than 120 kB as it is sent', async () => {
  const sizes = await Promise.all(['index.html', 'look.js', 'look.css'].map(async (name) => (await readFile(`${pageFolder}/${name}`)).length));
  expect(sizes.reduce((sum, size) => sum + size)).toBeLessThan(120_000);
});
