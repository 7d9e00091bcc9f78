import { AppError, type AppErrorInit } from '@gatehouse/errors';
import { createChannel } from '@gatehouse/rpc';
import { createTestCollector } from '../src/testing';
import { connectEcho, echoPath, serveEcho } from './echo-service';
import { observe } from './observed';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const domain = 'user.gatehouse';
const toError = (init: Partial<AppErrorInit>) => () => Promise.reject(new AppError({ code: 'INTERNAL', reason: 'R', domain, message: 'm', ...init }));

/** The line that a server writes of one call. */
async function call(handle: () => Promise<void>, logLevel: 'info' | 'warn' = 'info') {
  const user = observe('user', { logLevel });
  const server = await serveEcho((message) => handle().then(() => message), user);
  const client = connectEcho(server.target, observe('gateway'));
  closing.push(
    () => server.close(),
    () => client.close(),
  );
  await client.echo('ada@example.com').catch(() => {});
  // it writes the lines that wait
  await user.close();
  return user.lines;
}

describe('the line of a gRPC call', () => {
  it('tells method, code, duration, trace and request', async () => {
    const [line, ...rest] = await call(async () => {});
    expect(rest).toEqual([]);
    expect(line).toEqual({
      timestamp: expect.any(String),
      severity_text: 'INFO',
      'service.name': 'user',
      body: 'call',
      trace_id: expect.stringMatching(/^[0-9a-f]{32}$/),
      span_id: expect.stringMatching(/^[0-9a-f]{16}$/),
      trace_flags: '00',
      'rpc.method': echoPath,
      'rpc.status_code': 'OK',
      duration_ms: expect.any(Number),
      request_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
  });

  it('tells the reason, and no cause, of what the caller can act on', async () => {
    const [line] = await call(toError({ code: 'NOT_FOUND', reason: 'USER_NOT_FOUND', cause: new Error('no row') }));
    expect(line).toMatchObject({ severity_text: 'INFO', 'rpc.status_code': 'NOT_FOUND', reason: 'USER_NOT_FOUND' });
    expect(line).not.toHaveProperty('exception');
  });

  it('warns of a part that could not be reached, with what led to it', async () => {
    const [line] = await call(toError({ code: 'UNAVAILABLE', reason: 'UNAVAILABLE', cause: new Error('connect ECONNREFUSED') }));
    expect(line).toMatchObject({ severity_text: 'WARN', 'rpc.status_code': 'UNAVAILABLE', exception: [{ type: 'Error', message: 'connect ECONNREFUSED' }] });
  });

  it('tells a defect as an error, once, with the id that the caller got', async () => {
    const lines = await call(() => Promise.reject(new TypeError('x is undefined', { cause: new Error('root') })));
    expect(lines).toMatchObject([
      {
        severity_text: 'ERROR',
        'rpc.status_code': 'INTERNAL',
        error_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
        exception: [{ type: 'TypeError' }, { message: 'root' }],
      },
    ]);
  });

  it('tells nothing of what another server said, and leaves the causes of a handed-on error to the process that made it', async () => {
    const lineOf = async (domain: string, reason: string) => {
      const origin = await serveEcho(toError({ reason, domain, message: 'hunter2 is no good' }), observe('elsewhere'));
      const channel = connectEcho(origin.target, observe('user'));
      closing.push(
        () => origin.close(),
        () => channel.close(),
      );
      const [line] = await call(() => channel.echo('x').then(() => {}));
      return line!;
    };
    const foreign = await lineOf('elsewhere.example', 'NO_GOOD');
    expect(foreign).toMatchObject({ severity_text: 'ERROR', reason: 'INTERNAL', exception: [{ type: 'Error', code: 13, stacktrace: expect.any(String) }] });
    const handedOn = await lineOf('gatehouse', 'INTERNAL');
    expect(handedOn).toMatchObject({ severity_text: 'ERROR', reason: 'INTERNAL' });
    expect(handedOn).not.toHaveProperty('exception');
    expect(JSON.stringify([foreign, handedOn])).not.toContain('hunter2');
  });

  it('makes no noise of a caller that went away', async () => {
    const [line] = await call(toError({ code: 'CANCELLED', reason: 'CANCELLED' }));
    expect(line).toMatchObject({ severity_text: 'INFO', 'rpc.status_code': 'CANCELLED' });
    expect(line).not.toHaveProperty('exception');
  });

  it('holds nothing of the request', async () => {
    expect(JSON.stringify(await call(() => Promise.reject(new Error('cannot greet ada@example.com'))))).not.toContain('ada@');
  });

  it('is left out for calls that went well when only warnings are wanted', async () => {
    expect(await call(async () => {}, 'warn')).toEqual([]);
  });
});

describe('the line of an HTTP request', () => {
  it('tells the route and never the path', async () => {
    const gateway = observe('gateway');
    const start = () =>
      gateway.http.start({ method: 'GET', path: '/v1/users/ada@example.com?token=t', requestId: 'r-1', headers: { authorization: 'Bearer t' } });
    const known = start();
    known.end({ status: 200, route: '/v1/users/{id}', caller: { kind: 'user', id: 'u-1' } });
    start().end({ status: 404, route: undefined });
    await gateway.close();
    const base = {
      timestamp: expect.any(String),
      severity_text: 'INFO',
      'service.name': 'gateway',
      body: 'call',
      'http.request.method': 'GET',
      request_id: 'r-1',
      trace_flags: '00',
      trace_id: expect.any(String),
      span_id: expect.any(String),
      duration_ms: expect.any(Number),
    };
    expect(gateway.lines).toEqual([
      { ...base, 'http.route': '/v1/users/{id}', 'http.response.status_code': 200, 'user.id': 'u-1', trace_id: known.traceId },
      { ...base, 'http.route': '_OTHER', 'http.response.status_code': 404 },
    ]);
  });
});

describe('the line of an HTTP request that failed', () => {
  it('tells no text with what is confidential in it', () => {
    const gateway = observe('gateway');
    closing.push(() => gateway.close());
    const error = new AppError({
      code: 'INTERNAL',
      reason: 'INTERNAL',
      domain,
      message: 'm',
      cause: new TypeError('Grace Hopper is not iterable', { cause: new Error('it broke') }),
    });
    gateway.http
      .start({ method: 'POST', path: '/', requestId: 'r-1', headers: {} })
      .end({ status: 500, route: '/', error, confidential: () => ['grace hopper'] });
    expect(gateway.lines).toMatchObject([
      { severity_text: 'ERROR', reason: 'INTERNAL', exception: [{ type: 'TypeError', message: '[redacted]' }, { message: 'it broke' }] },
    ]);
  });
});

describe('health and reflection', () => {
  it('leave no line, no span and no series', async () => {
    const collector = await createTestCollector();
    closing.push(() => collector.close());
    const user = observe('user', { otlpEndpoint: collector.url });
    const server = await serveEcho(async (message) => message, user);
    const channel = createChannel({ target: server.target, descriptorSets: [] });
    closing.push(
      () => server.close(),
      () => channel.close(),
    );
    const ask = (service: string, name: string, request: number[]) => channel.unary({ path: `${service}/${name}`, service, name }, Uint8Array.from(request));
    // field 1, status: SERVING
    expect([...(await ask('grpc.health.v1.Health', 'Check', []))]).toEqual([0x08, 1]);
    // field 7, list_services
    const services = await ask('grpc.reflection.v1.ServerReflection', 'ServerReflectionInfo', [0x3a, 0]);
    expect(Buffer.from(services).toString()).toContain('echo.v1.EchoService');
    expect((await user.metrics()).body).not.toMatch(/^rpc_server_call_duration_seconds_count/m);
    await user.close();
    expect(user.lines).toEqual([]);
    expect(collector.spans).toEqual([]);
  });
});
