import { AppError } from '@gatehouse/errors';
import { createDatabase } from '@gatehouse/postgres';
import { createTestDatabase } from '@gatehouse/postgres/testing';
import { type CollectedSpan, createTestCollector, type TestCollector } from '../src/testing';
import { connectEcho, echoPath, serveEcho } from './echo-service';
import { observe } from './observed';

const caller = { traceId: '4bf92f3577b34da6a3ce929d0e0e4736', spanId: '00f067aa0ba902b7' };
const traceparent = `00-${caller.traceId}-${caller.spanId}-01`;
const exchange = { method: 'GET', path: '/v1/users/7', requestId: 'r-1', headers: {} };
const route = '/v1/users/{id}';
const notFound = () => new AppError({ code: 'NOT_FOUND', reason: 'USER_NOT_FOUND', domain: 'user.gatehouse', message: 'no such user' });

let collector: TestCollector;
const closing: (() => unknown)[] = [];
beforeEach(async () => {
  collector = await createTestCollector();
  closing.push(() => collector.close());
});
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const start = (service: string, options: Parameters<typeof observe>[1] = {}) => observe(service, { otlpEndpoint: collector.url, ...options });
const shape = ({ serviceName, name, kind, status, attributes }: CollectedSpan) => ({ serviceName, name, kind, status, attributes });

/** A request that goes from a gateway to a user service, whose handler is given. */
async function request(handle: () => Promise<void>, { user = start('user'), gateway = start('gateway') } = {}) {
  const server = await serveEcho(async (message) => handle().then(() => message), user);
  const client = connectEcho(server.target, gateway);
  closing.push(
    () => server.close(),
    () => client.close(),
  );
  const observation = gateway.http.start(exchange);
  const error = await observation
    .run(() => client.echo('x'))
    .then(
      () => undefined,
      (thrown: AppError) => thrown,
    );
  observation.end({ status: error ? 404 : 200, route, error });
  await Promise.all([user.close(), gateway.close()]);
  return { observation, user, gateway };
}

describe('the trace of a request', () => {
  it('is one tree: HTTP server, gRPC client, gRPC server, SQL', async () => {
    const database = await createTestDatabase();
    closing.push(() => database.drop());
    const user = start('user');
    const pool = createDatabase({ url: database.url, applicationName: 'test', observer: user.postgres });
    closing.push(() => pool.close());
    const sql = 'select $1::int as id';
    const { observation } = await request(async () => void (await pool.query({ name: 'find-user-by-id', text: sql, values: [7] })), { user });

    const spans = await collector.waitForSpans(() => true, 4);
    const ordered = byDepth(spans);
    expect(spans.map(({ traceId }) => traceId)).toEqual(Array(4).fill(observation.traceId));
    const rpc = { 'rpc.system.name': 'grpc', 'rpc.method': echoPath, 'rpc.status_code': 'OK' };
    expect(ordered.map(shape)).toEqual([
      {
        serviceName: 'gateway',
        name: `GET ${route}`,
        kind: 'SERVER',
        status: 'UNSET',
        attributes: { 'http.request.method': 'GET', 'http.route': route, 'http.response.status_code': 200, 'url.scheme': 'http' },
      },
      {
        serviceName: 'gateway',
        name: echoPath,
        kind: 'CLIENT',
        status: 'UNSET',
        attributes: { ...rpc, 'server.address': '127.0.0.1', 'server.port': expect.any(Number) },
      },
      { serviceName: 'user', name: echoPath, kind: 'SERVER', status: 'UNSET', attributes: rpc },
      {
        serviceName: 'user',
        name: 'find-user-by-id',
        kind: 'CLIENT',
        status: 'UNSET',
        attributes: {
          'db.system.name': 'postgresql',
          'db.namespace': new URL(database.url).pathname.slice(1),
          'db.query.summary': 'find-user-by-id',
          'db.query.text': sql,
          'server.address': '127.0.0.1',
          'server.port': Number(new URL(database.url).port),
        },
      },
    ]);
  });

  it('has one client span for a call that took three attempts, which tells of those that failed', async () => {
    let attempts = 0;
    await request(async () => {
      if (++attempts < 3) throw new AppError({ code: 'UNAVAILABLE', reason: 'GONE', domain: 'user.gatehouse', message: 'gone' });
    });
    const spans = await collector.waitForSpans(() => true, 5);
    const [client, ...others] = spans.filter(({ kind }) => kind === 'CLIENT');
    expect(others).toEqual([]);
    const event = (attempt: number) => ({ name: 'retry', attributes: { 'rpc.status_code': 'UNAVAILABLE', 'gatehouse.retry.attempt': attempt } });
    expect(client).toMatchObject({ name: echoPath, status: 'UNSET', events: [event(1), event(2)] });
    expect(spans.filter(({ parentSpanId }) => parentSpanId === client!.spanId).map(({ status }) => status)).toEqual(['ERROR', 'ERROR', 'UNSET']);
  });

  it('tells of the process its name and version alone', async () => {
    await request(async () => {});
    const spans = await collector.waitForSpans(() => true, 3);
    for (const { resource, serviceName } of spans) expect(resource).toEqual({ 'service.name': serviceName, 'service.version': '1.2.3' });
  });

  it('marks what the caller got wrong as failed for the caller alone', async () => {
    await request(() => Promise.reject(notFound()));
    const spans = byDepth(await collector.waitForSpans(() => true, 3));
    expect(spans.map(({ status, attributes }) => [status, attributes['rpc.status_code'], attributes['error.type']])).toEqual([
      ['UNSET', undefined, undefined],
      ['ERROR', 'NOT_FOUND', 'NOT_FOUND'],
      ['UNSET', 'NOT_FOUND', undefined],
    ]);
  });

  it('marks a defect as failed on both sides, without its text', async () => {
    await request(() => Promise.reject(new Error('the secret of ada@example.com')));
    const spans = await collector.waitForSpans(({ name }) => name === echoPath, 2);
    expect(spans.map(({ status, attributes }) => [status, attributes['error.type']])).toEqual([
      ['ERROR', 'INTERNAL'],
      ['ERROR', 'INTERNAL'],
    ]);
    expect(JSON.stringify(spans)).not.toContain('secret');
  });

  it('carries the SQLSTATE of a statement that failed', async () => {
    const database = await createTestDatabase();
    closing.push(() => database.drop());
    const user = start('user');
    const pool = createDatabase({ url: database.url, applicationName: 'test', observer: user.postgres });
    closing.push(() => pool.close());
    await request(async () => void (await pool.query({ name: 'divide', text: 'select 1 / $1::int', values: [0] })), { user });
    const [query] = await collector.waitForSpans(({ name }) => name === 'divide');
    expect(query).toMatchObject({ status: 'ERROR', attributes: { 'db.response.status_code': '22012', 'error.type': '22012' } });
    expect((await user.metrics()).body).toContain('db_client_operation_duration_seconds_count{db_operation_name="divide",error_type="22012"} 1');
  });

  it('has no statement that belongs to no call', async () => {
    const user = start('user');
    await user.postgres.query({ name: 'is-ready', text: 'select 1', database: 'd' }, async () => 1);
    await user.close();
    expect(collector.spans).toEqual([]);
    expect((await user.metrics()).body).toContain('db_client_operation_duration_seconds_count{db_operation_name="is-ready",error_type=""} 1');
  });
});

describe("the caller's traceparent", () => {
  const ask = async (options: Parameters<typeof observe>[1], header = traceparent) => {
    const gateway = start('gateway', options);
    gateway.http.start({ ...exchange, headers: { traceparent: header } }).end({ status: 200, route });
    await gateway.close();
    return (await collector.waitForSpans(() => true))[0]!;
  };

  it('is linked to and not joined', async () => {
    const span = await ask({});
    expect(span.traceId).not.toBe(caller.traceId);
    expect(span).toMatchObject({ parentSpanId: undefined, links: [caller] });
  });

  it('is joined where it is trusted', async () => {
    const span = await ask({ trustTraceparent: true });
    expect(span).toMatchObject({ traceId: caller.traceId, parentSpanId: caller.spanId, links: [] });
  });

  it('is passed over when it is none', async () => {
    const span = await ask({ trustTraceparent: true }, '00-zz-zz-01');
    expect(span).toMatchObject({ parentSpanId: undefined, links: [] });
  });
});

describe('sampling', () => {
  it('takes its share of new traces, and follows the caller within one', async () => {
    const none = { sampleRatio: 0 };
    const first = await request(async () => {}, { gateway: start('gateway', none), user: start('user') });
    const second = await request(async () => {}, { gateway: start('gateway'), user: start('user', none) });
    const spans = await collector.waitForSpans(() => true, 3);
    expect(new Set(spans.map(({ traceId }) => traceId))).toEqual(new Set([second.observation.traceId]));
    expect(first.observation.traceId).toMatch(/^[0-9a-f]{32}$/);
  });

  it('without a collector leaves one trace id in the lines of every process', async () => {
    const off = { otlpEndpoint: undefined };
    const { observation, user, gateway } = await request(async () => {}, { gateway: start('gateway', off), user: start('user', off) });
    expect(observation.traceId).toMatch(/^[0-9a-f]{32}$/);
    expect([...user.lines, ...gateway.lines].map((line) => line.trace_id)).toEqual([observation.traceId, observation.traceId]);
  });

  it('by a caller holds across a process that sends nothing itself', async () => {
    const middle = start('gateway', { otlpEndpoint: undefined, trustTraceparent: true });
    const user = start('user');
    const server = await serveEcho(async (message) => message, user);
    const client = connectEcho(server.target, middle);
    closing.push(
      () => server.close(),
      () => client.close(),
    );
    await middle.http.start({ ...exchange, headers: { traceparent } }).run(() => client.echo('x'));
    await user.close();
    expect((await collector.waitForSpans(() => true))[0]!.traceId).toBe(caller.traceId);
  });
});

/** From the span without a parent downwards. */
function byDepth(spans: readonly CollectedSpan[]): CollectedSpan[] {
  const ordered: CollectedSpan[] = [];
  for (let parent: string | undefined; ; parent = ordered.at(-1)!.spanId) {
    const child = spans.find(({ parentSpanId }) => parentSpanId === parent);
    if (!child) return ordered;
    ordered.push(child);
  }
}
