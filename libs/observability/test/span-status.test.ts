import { AppError, errorCodes, type ErrorCode } from '@gatehouse/errors';
import { createDatabase } from '@gatehouse/postgres';
import { createTestDatabase } from '@gatehouse/postgres/testing';
import { type CollectedSpan, createTestCollector, type TestCollector } from '../src/testing';
import { connectEcho, type EchoService, serveEcho } from './echo-service';
import { observe } from './observed';

let collector: TestCollector;
const closing: (() => unknown)[] = [];
beforeEach(async () => {
  collector = await createTestCollector();
  closing.push(() => collector.close());
});
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const fail = (code: ErrorCode) => () => Promise.reject(new AppError({ code, reason: 'R', domain: 'user.gatehouse', message: 'm' }));

/** Serves and calls the echo service inside of one request; gives the spans, and those that the given one is around. */
async function run(service: Partial<EchoService>, work: (client: ReturnType<typeof connectEcho>) => Promise<unknown>) {
  const [user, gateway] = ['user', 'gateway'].map((name) => observe(name, { otlpEndpoint: collector.url })) as [
    ReturnType<typeof observe>,
    ReturnType<typeof observe>,
  ];
  const server = await serveEcho(async (message) => message, user, service);
  const client = connectEcho(server.target, gateway);
  const observation = gateway.http.start({ method: 'POST', path: '/', requestId: 'r', headers: {} });
  await observation.run(() => work(client)).catch(() => {});
  observation.end({ status: 200, route: '/' });
  client.close();
  await server.close();
  await Promise.all([user.close(), gateway.close()]);
  return collector.spans;
}
const find = (spans: readonly CollectedSpan[], serviceName: string, kind: CollectedSpan['kind'], name = /EchoService/) =>
  spans.find((span) => span.serviceName === serviceName && span.kind === kind && name.test(span.name))!;

describe('the spans of a call that ended with', () => {
  // who is to blame, by the conventions for gRPC
  const serverFaults: readonly ErrorCode[] = ['UNKNOWN', 'DEADLINE_EXCEEDED', 'UNIMPLEMENTED', 'INTERNAL', 'UNAVAILABLE', 'DATA_LOSS'];
  it.each(errorCodes.map((code) => [code, serverFaults.includes(code) ? 'ERROR' : 'UNSET', code === 'CANCELLED' ? 'UNSET' : 'ERROR'] as const))(
    '%s are for the server %s and for the client %s',
    async (code, server, client) => {
      const spans = await run({ echo: fail(code) }, ({ echo }) => echo('x'));
      const ofServer = find(spans, 'user', 'SERVER');
      const ofClient = find(spans, 'gateway', 'CLIENT');
      expect(ofServer).toMatchObject({ status: server, attributes: { 'rpc.status_code': code } });
      expect(ofClient).toMatchObject({ status: client, attributes: { 'rpc.status_code': code } });
      expect([ofServer.attributes['error.type'], ofClient.attributes['error.type']]).toEqual(
        [server, client].map((status) => (status === 'ERROR' ? code : undefined)),
      );
    },
  );
});

describe('a call of each kind', () => {
  const text = (value: string) => ({ value });
  async function* texts() {
    yield text('a');
    yield text('b');
  }
  const drain = async (stream: AsyncIterable<unknown>) => {
    for await (const _ of stream);
  };
  it.each([
    ['Echo', ({ echo }: ReturnType<typeof connectEcho>) => echo('x')],
    ['Watch', ({ watch }: ReturnType<typeof connectEcho>) => drain(watch(text('x')))],
    ['Gather', ({ gather }: ReturnType<typeof connectEcho>) => gather(texts())],
    ['Converse', ({ converse }: ReturnType<typeof connectEcho>) => drain(converse(texts()))],
  ])('%s has one span on either side, and both last until its end', async (name, work) => {
    const spans = await run({}, work);
    const root = find(spans, 'gateway', 'SERVER', /POST/);
    const client = find(spans, 'gateway', 'CLIENT');
    const server = find(spans, 'user', 'SERVER');
    expect(spans).toHaveLength(3);
    expect([client.name, server.name]).toEqual(Array(2).fill(`echo.v1.EchoService/${name}`));
    expect([client.parentSpanId, server.parentSpanId]).toEqual([root.spanId, client.spanId]);
    for (const span of [client, server]) expect(span).toMatchObject({ status: 'UNSET', attributes: { 'rpc.status_code': 'OK' } });
  });

  it('that fails after its first response has spans that say so', async () => {
    const watch: EchoService['watch'] = async function* (request) {
      yield request;
      await fail('UNAVAILABLE')();
    };
    const spans = await run({ watch }, (client) => drain(client.watch(text('x'))));
    for (const span of [find(spans, 'gateway', 'CLIENT'), find(spans, 'user', 'SERVER')])
      expect(span).toMatchObject({ status: 'ERROR', attributes: { 'rpc.status_code': 'UNAVAILABLE' } });
  });

  it('whose reader stops is cancelled, and no failure', async () => {
    const watch: EchoService['watch'] = async function* (request) {
      for (;;) {
        yield request;
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    };
    const spans = await run({ watch }, async (client) => {
      for await (const _ of client.watch(text('x'))) break;
    });
    for (const span of [find(spans, 'gateway', 'CLIENT'), find(spans, 'user', 'SERVER')])
      expect(span).toMatchObject({ status: 'UNSET', attributes: { 'rpc.status_code': 'CANCELLED' } });
  });
});

describe('a caller that goes away', () => {
  it('leaves no failure behind, neither of the calls nor of the SQL that is cancelled', async () => {
    const database = await createTestDatabase();
    closing.push(() => database.drop());
    const user = observe('user', { otlpEndpoint: collector.url });
    const gone = new AbortController();
    const pool = createDatabase({ url: database.url, applicationName: 'test', observer: user.postgres, signal: () => gone.signal });
    closing.push(() => pool.close());
    const observation = user.http.start({ method: 'GET', path: '/', requestId: 'r', headers: {} });
    const asked = observation.run(() => pool.query({ name: 'sleep', text: 'select pg_sleep(20)' }));
    setTimeout(() => gone.abort(new AppError({ code: 'CANCELLED', reason: 'CANCELLED', domain: 'gatehouse', message: 'm' })), 50);
    await expect(asked).rejects.toMatchObject({ code: 'CANCELLED' });
    observation.end({ status: 499, route: '/' });
    await user.close();
    expect(collector.spans.map(({ name, status, attributes }) => [name, status, attributes['error.type']])).toEqual([
      ['sleep', 'UNSET', undefined],
      ['GET /', 'UNSET', undefined],
    ]);
  });
});

describe('a transaction that met another one', () => {
  it('tells on the span around it of each attempt that failed, with its SQLSTATE', async () => {
    const database = await createTestDatabase();
    closing.push(() => database.drop());
    const user = observe('user', { otlpEndpoint: collector.url });
    const pool = createDatabase({ url: database.url, applicationName: 'test', observer: user.postgres });
    closing.push(() => pool.close());
    const observation = user.http.start({ method: 'POST', path: '/', requestId: 'r', headers: {} });
    let attempts = 0;
    const conflict = { name: 'meet', text: "do $$ begin raise exception using errcode = '40001'; end $$" };
    await observation.run(() => pool.transaction(async (tx) => void (++attempts < 3 && (await tx.query(conflict)))));
    observation.end({ status: 200, route: '/' });
    await user.close();
    const event = (attempt: number) => ({ name: 'retry', attributes: { 'gatehouse.retry.attempt': attempt, 'db.response.status_code': '40001' } });
    expect(collector.spans.find(({ name }) => name === 'POST /')).toMatchObject({ status: 'UNSET', events: [event(1), event(2)] });
    expect(collector.spans.filter(({ name }) => name === 'meet').map(({ status }) => status)).toEqual(['ERROR', 'ERROR']);
  });
});
