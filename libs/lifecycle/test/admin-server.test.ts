import { createObservability, type Observability } from '@gatehouse/observability';
import { networkInterfaces } from 'node:os';
import { createAdminServer, createReadiness, requireReady, withPortSetting, type AdminServer, type Readiness } from '../src';

let well = true;
let measure = async (accept?: string) => ({ contentType: 'text/plain; version=0.0.4', body: accept === '*/*' ? 'up 1\n' : `${accept}\n` });
let readiness: Readiness;
let observability: Observability;
let server: AdminServer;
let base: string;

beforeEach(async () => {
  well = true;
  readiness = createReadiness({
    checks: [{ name: 'database', check: async () => (well ? undefined : Promise.reject(new Error('password of 10.0.0.5 is wrong'))) }],
    intervalMs: 5,
  });
  observability = createObservability({ service: 'app', version: '1', logLevel: 'error' });
  server = createAdminServer({ readiness, metrics: (accept) => measure(accept), logLevel: observability.logLevel });
  base = `http://127.0.0.1:${await server.listen('127.0.0.1', 0)}`;
});
afterEach(async () => {
  readiness.close();
  await server.close();
  await observability.close();
});
const ask = async (path: string) => {
  const answer = await fetch(`${base}${path}`);
  return { status: answer.status, type: answer.headers.get('content-type'), text: await answer.text() };
};

describe('the admin port', () => {
  it('says that the process lives, ready or not', async () => {
    expect(await ask('/livez')).toMatchObject({ status: 200, text: '{"alive":true}' });
    await readiness.start();
    expect((await ask('/livez')).status).toBe(200);
  });

  it('says whether the process can serve, and which check stands in the way but not why', async () => {
    expect(await ask('/readyz')).toMatchObject({ status: 503, text: '{"ready":false,"checks":{"database":"failing"}}' });
    await readiness.start();
    expect(await ask('/readyz')).toMatchObject({ status: 200, text: '{"ready":true,"checks":{"database":"ok"}}' });
    well = false;
    while (readiness.isReady()) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(await ask('/readyz')).toMatchObject({ status: 503, text: '{"ready":false,"checks":{"database":"failing"}}' });
  });

  it('gives the metrics as they are, in the format that was asked for', async () => {
    expect(await ask('/metrics')).toEqual({ status: 200, type: 'text/plain; version=0.0.4', text: 'up 1\n' });
    const answer = await fetch(`${base}/metrics`, { headers: { accept: 'application/openmetrics-text' } });
    expect([await answer.text(), answer.headers.get('vary')]).toEqual(['application/openmetrics-text\n', 'accept']);
  });

  it('tells nothing of what went wrong inside, and nothing back of what was asked', async () => {
    measure = () => Promise.reject(new Error('registry at /srv/secret'));
    expect(await ask('/metrics')).toMatchObject({ status: 500, text: '{"error":"internal error"}' });
    expect(await ask('/else?token=hunter2')).toMatchObject({ status: 404, text: '{"error":"not found"}' });
  });

  it('names port and setting when the port is taken', async () => {
    const port = Number(new URL(base).port);
    const second = createAdminServer({ readiness, metrics: () => measure(), logLevel: observability.logLevel });
    await expect(withPortSetting('USER_ADMIN_PORT', () => second.listen('127.0.0.1', port))).rejects.toMatchObject({
      name: 'ConfigError',
      problems: [`USER_ADMIN_PORT: port ${port} is taken; stop what listens there, or set a free one`],
      cause: { code: 'EADDRINUSE' },
    });
    await second.close();
  });

  it('names port and setting when the host is none of this machine', async () => {
    const second = createAdminServer({ readiness, metrics: () => measure(), logLevel: observability.logLevel });
    await expect(withPortSetting('USER_ADMIN_PORT', () => second.listen('192.0.2.1', 9051))).rejects.toThrow(
      /USER_ADMIN_PORT: the host that is set with it is no address/,
    );
    await second.close();
    const defect = new Error('something else');
    await expect(withPortSetting('USER_ADMIN_PORT', () => Promise.reject(defect))).rejects.toBe(defect);
  });
});

describe('the log level', () => {
  const put = async (body: string, headers: Record<string, string> = {}) => {
    const answer = await fetch(`${base}/loglevel`, { method: 'PUT', headers: { 'content-type': 'application/json', ...headers }, body });
    return { status: answer.status, body: await answer.json() };
  };

  it('is told, and changed for a time or for good', async () => {
    expect(JSON.parse((await ask('/loglevel')).text)).toEqual({ level: 'error', configured: 'error' });
    const { status, body } = await put('{"level":"debug","seconds":60}');
    expect([status, body]).toEqual([200, { level: 'debug', configured: 'error', until: expect.stringMatching(/^\d{4}-.*Z$/) }]);
    expect(await put('{"level":"warn"}')).toEqual({ status: 200, body: { level: 'warn', configured: 'error' } });
    expect(JSON.parse((await ask('/loglevel')).text)).toEqual({ level: 'warn', configured: 'error' });
  });

  it.each([
    '{"level":"loud"}',
    '{"level":"debug","seconds":0}',
    '{"level":"debug","seconds":86401}',
    '{"level":"debug","seconds":1.5}',
    '{"level":"debug","for":5}',
    '{}',
    'null',
    'debug',
    `{"level":"${'x'.repeat(2_000)}"}`,
  ])('is not changed by %s', async (body) => {
    expect(await put(body)).toEqual({ status: 400, body: { error: expect.stringContaining('"seconds": 1 to 86400') } });
    expect(observability.logLevel.read()).toEqual({ level: 'error', configured: 'error' });
  });

  it('is not changed by a page in a browser', async () => {
    expect((await put('{"level":"debug"}', { origin: 'http://127.0.0.1:8080' })).status).toBe(403);
    expect((await put('{"level":"debug"}', { 'content-type': 'text/plain' })).status).toBe(400);
    expect(observability.logLevel.read().level).toBe('error');
  });

  const elsewhere = Object.values(networkInterfaces())
    .flat()
    .find((address) => address && !address.internal && address.family === 'IPv4');
  it('is changed from this machine alone: who comes by another address reads it, and no more', async () => {
    const open = createAdminServer({ readiness, metrics: () => measure(), logLevel: observability.logLevel });
    // without a network there is nobody else: the port then has but its own loopback
    const host = elsewhere?.address ?? '127.0.0.1';
    const port = await open.listen(host, 0);
    try {
      const url = `http://${host}:${port}/loglevel`;
      expect((await fetch(url)).status).toBe(200);
      const answer = await fetch(url, { method: 'PUT', headers: { 'content-type': 'application/json' }, body: '{"level":"warn"}' });
      expect([answer.status, observability.logLevel.read().level]).toEqual(elsewhere ? [403, 'error'] : [200, 'warn']);
    } finally {
      await open.close();
    }
  });

  it('tells the check of a container whether the process is ready, also where it listens on every address', async () => {
    const everywhere = createAdminServer({ readiness, metrics: (accept) => measure(accept), logLevel: observability.logLevel });
    const port = await everywhere.listen('0.0.0.0', 0);
    try {
      await expect(requireReady('0.0.0.0', port)).rejects.toThrow(`http://127.0.0.1:${port}/readyz says 503: {"ready":false,"checks":{"database":"failing"}}`);
      await readiness.start();
      await requireReady('0.0.0.0', port);
    } finally {
      await everywhere.close();
    }
    await expect(requireReady('0.0.0.0', port)).rejects.toThrow(`nothing answers on http://127.0.0.1:${port}/readyz`);
  });
});
