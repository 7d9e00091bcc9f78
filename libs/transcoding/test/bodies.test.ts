import { createHash, randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { ask, startWarehouse, until, type Warehouse } from './warehouse';

let warehouse: Warehouse;
beforeAll(async () => (warehouse = await startWarehouse()));
beforeEach(() => warehouse.calls.splice(0));
afterAll(() => warehouse.close());

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

describe('a raw body', () => {
  it('is what an HttpBody answers, with its own type', async () => {
    const response = await fetch(`${warehouse.url}/w1/files/a.txt`);
    expect([response.status, response.headers.get('content-type'), Buffer.from(await response.arrayBuffer())]).toEqual([
      200,
      'text/plain',
      Buffer.from([0, 1, 255]),
    ]);
    expect((await fetch(`${warehouse.url}/w1/files/a`)).headers.get('content-type')).toBe('application/octet-stream');
  });

  it('is taken as it is, of any type, beside what the path says', async () => {
    const bytes = randomBytes(50_000);
    const { body } = await ask(warehouse.url, 'PUT', '/w1/files/photo', bytes, { 'content-type': 'image/png' });
    expect(body).toEqual({ name: 'photo', contentType: 'image/png', size: '50000', sha256: sha256(bytes) });
    expect((await ask(warehouse.url, 'PUT', '/w1/files/empty', '', { 'content-type': 'image/png' })).body).toMatchObject({ size: '0' });
  });

  it('that is compressed or too large is refused', async () => {
    expect((await ask(warehouse.url, 'PUT', '/w1/files/a', gzipSync('a'), { 'content-encoding': 'gzip' })).status).toBe(415);
    expect((await ask(warehouse.url, 'PUT', '/w1/files/a', Buffer.alloc(100_001))).body).toMatchObject({ status: 413, reason: 'REQUEST_TOO_LARGE' });
  });

  it('goes up as a stream of any length, with what the path says in its first message', async () => {
    const bytes = randomBytes(3_000_000);
    const { status, body } = await ask(warehouse.url, 'POST', '/w1/files/film:upload', bytes, { 'content-type': 'video/mp4' });
    expect([status, body]).toEqual([200, { name: 'film', contentType: 'video/mp4', size: '3000000', sha256: sha256(bytes) }]);
    expect((await ask(warehouse.url, 'POST', '/w1/files/none:upload', '', { 'content-type': 'video/mp4' })).body).toMatchObject({ name: 'none', size: '0' });
  });

  it('comes down as a stream of any length', async () => {
    const response = await fetch(`${warehouse.url}/w1/files/film:download?megabytes=4`);
    expect(response.headers.get('content-type')).toBe('video/mp4');
    const expected = Buffer.concat(Array.from({ length: 64 }, (_, index) => Buffer.alloc(65_536, index)));
    expect(sha256(Buffer.from(await response.arrayBuffer()))).toBe(sha256(expected));
    expect((await fetch(`${warehouse.url}/w1/files/nothing:download`)).headers.get('content-type')).toBe('application/octet-stream');
  });

  it('that breaks in the middle never looks whole', async () => {
    const response = await fetch(`${warehouse.url}/w1/files/broken:download?megabytes=4`);
    expect(response.status).toBe(200);
    await expect(response.arrayBuffer()).rejects.toThrow();
    await until(() => warehouse.observed.some(({ error }) => error?.reason === 'SHELF_LOCKED'));
  });
});

describe('a form', () => {
  const form = (text: string, headers: Record<string, string> = {}) =>
    ask(warehouse.url, 'POST', '/w1/token', text, { 'content-type': 'application/x-www-form-urlencoded', ...headers });

  it('fills the request where the method takes one; what is unknown or empty is passed over (RFC 6749 §3.2)', async () => {
    const { status, body } = await form('grant_type=client_credentials&client_id=a%20b+c&resource=x&resource=y&lifetime=60&unknown=1&lifetime=');
    expect([status, body.error]).toEqual([400, 'invalid_request']);
    const { body: issued, headers } = await form('grant_type=client_credentials&client_id=a%20b+c&resource=x&resource=y&lifetime=60&unknown=1');
    // RFC 6749 §5.1
    expect([headers.get('cache-control'), headers.get('pragma')]).toEqual(['no-store', 'no-cache']);
    expect(issued).toEqual({ access_token: 'abc' });
    expect(warehouse.calls.at(-1)?.request).toEqual({ grantType: 'client_credentials', clientId: 'a b c', resource: ['x', 'y'], lifetime: 60 });
  });

  it('is not taken elsewhere, and JSON still is here', async () => {
    expect((await ask(warehouse.url, 'POST', '/w1/items', 'title=a', { 'content-type': 'application/x-www-form-urlencoded' })).status).toBe(415);
    expect((await ask(warehouse.url, 'POST', '/w1/token', { grantType: 'client_credentials' })).status).toBe(200);
  });

  it('whose method fails is told in the words of RFC 6749 §5.2', async () => {
    const refused = await form('grant_type=magic');
    expect([refused.status, refused.headers.get('content-type'), refused.headers.get('cache-control')]).toEqual([400, 'application/json', 'no-store']);
    expect(refused.body).toEqual({ error: 'unsupported_grant_type', error_description: "the grant type 'x' is not known" });
    expect((await form('lifetime=soon')).body).toEqual({
      error: 'invalid_request',
      error_description: 'the request could not be read: lifetime must be a 32-bit integer',
    });
    expect((await form('grant_type=a&grant_type=b')).body.error).toBe('invalid_request');
    expect((await form('client_id=%ff')).body.error).toBe('invalid_request');
    expect((await form('x', { 'content-type': 'text/plain' })).body.error).toBe('invalid_request');
  });
});
