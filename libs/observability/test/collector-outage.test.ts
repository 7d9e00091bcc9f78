import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { createTestCollector } from '../src/testing';
import { connectEcho, serveEcho } from './echo-service';
import { observe, readSeries } from './observed';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** A collector that takes connections and never answers. */
async function startSilentCollector() {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => void sockets.add(socket.on('error', () => {}).resume()));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  closing.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function findRefusingUrl(): Promise<string> {
  const server = createServer();
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  await once(server.close(), 'close');
  return `http://127.0.0.1:${port}`;
}

const request = (observed: ReturnType<typeof observe>) =>
  observed.http.start({ method: 'GET', path: '/', requestId: 'r', headers: {} }).end({ status: 200, route: '/' });
const dropped = (observed: ReturnType<typeof observe>, reason: string) => readSeries(observed, `span_dropped_total{reason="${reason}"}`);

describe('a collector that hangs', () => {
  it('slows no call, and holds up the close for two seconds at most', async () => {
    const user = observe('user', { otlpEndpoint: await startSilentCollector() });
    const server = await serveEcho(async (message) => message, user);
    const client = connectEcho(server.target, user);
    closing.push(
      () => server.close(),
      () => client.close(),
    );
    await client.echo('warm');
    const begin = performance.now();
    for (let i = 0; i < 300; i++) await client.echo('x');
    expect((performance.now() - begin) / 300).toBeLessThan(50);
    const closeBegin = performance.now();
    await user.close();
    expect(performance.now() - closeBegin).toBeLessThan(2_500);
  });

  it('costs a bounded number of spans, and the rest are counted', async () => {
    const user = observe('user', { otlpEndpoint: await startSilentCollector() });
    // 512 are on their way and 2,048 wait
    for (let i = 0; i < 5_000; i++) request(user);
    expect(await dropped(user, 'queue_full')).toBe(5_000 - 512 - 2_048);
    await user.close();
    request(user);
    expect(await dropped(user, 'closed')).toBe(1);
  });
});

describe('a collector that refuses', () => {
  it('is told by a count, and by no error', async () => {
    const user = observe('user', { otlpEndpoint: await findRefusingUrl(), otlpTimeoutMs: 1_000 });
    for (let i = 0; i < 10; i++) request(user);
    const begin = performance.now();
    await user.close();
    expect(performance.now() - begin).toBeLessThan(2_500);
    for (const end = Date.now() + 10_000; (await dropped(user, 'export_failed')) !== 10 && Date.now() < end;)
      await new Promise((resolve) => setTimeout(resolve, 50));
    expect(await dropped(user, 'export_failed')).toBe(10);
    expect(await readSeries(user, 'span_exported_total')).toBe(0);
  });
});

describe('a collector that is well', () => {
  it('gets every span, and each is counted', async () => {
    const collector = await createTestCollector();
    closing.push(() => collector.close());
    const user = observe('user', { otlpEndpoint: `${collector.url}/` });
    for (let i = 0; i < 2_000; i++) request(user);
    await user.close();
    expect(collector.spans).toHaveLength(2_000);
    expect(await readSeries(user, 'span_exported_total')).toBe(2_000);
  });

  it('gets spans without waiting for the close', async () => {
    const collector = await createTestCollector();
    const user = observe('user', { otlpEndpoint: collector.url });
    closing.push(
      () => user.close(),
      () => collector.close(),
    );
    request(user);
    await collector.waitForSpans(({ name }) => name === 'GET /', 1, 5_000);
  });
});
