import { createServer } from 'node:net';
import { connect as connectHttp2 } from 'node:http2';
import { createChannel, createClient } from '../src';
import { startTestServer } from '../src/testing';
import { TestServiceDefinition } from './gen/test/v1/test';
import { type Act, caught, closeLater, connect, descriptorSets, pause, serve, toService } from './connect';

const answer: Act = async () => ({ result: 'answered' });
const serveAt = async (port: number, act: Act = answer) => {
  const server = await startTestServer(TestServiceDefinition, toService(act), { descriptorSets, port });
  closeLater(() => server.close());
  return server;
};
const findFreePort = async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
};
/** How long until a call is answered, in milliseconds. */
const untilAnswered = async (call: () => Promise<unknown>) => {
  const start = Date.now();
  while (!(await call().catch(() => undefined))) {
    if (Date.now() - start > 5_000) throw new Error('never answered');
    await pause(20);
  }
  return Date.now() - start;
};

describe('a target', () => {
  it('of several addresses spreads calls over those that are there', async () => {
    const served = [0, 0];
    const ports = [];
    for (const [index] of served.entries()) {
      const server = await serveAt(0, async () => {
        served[index]! += 1;
        return { result: 'answered' };
      });
      ports.push(server.port);
    }
    const client = connect(`ipv4:127.0.0.1:${ports[0]},127.0.0.1:${await findFreePort()},127.0.0.1:${ports[1]}`);
    while (served.includes(0)) await client.act({});
    served.fill(0);
    for (let call = 0; call < 10; call++) await client.act({});
    expect(served).toEqual([5, 5]);
  });

  it.each(['ipv4:127.0.0.1', 'ipv4:///127.0.0.1', 'dns:localhost', 'dns:///localhost', '127.0.0.1'])('%s is found', async (host) => {
    const { port } = await serveAt(0);
    expect(await connect(`${host}:${port}`).act({})).toEqual({ result: 'answered' });
  });
});

describe('a server that is not there', () => {
  it('is UNAVAILABLE in our words, without its address, and long before the deadline', async () => {
    const start = Date.now();
    const error = await caught(connect(`127.0.0.1:${await findFreePort()}`).act({}));
    expect(error).toMatchObject({ code: 'UNAVAILABLE', reason: 'UNAVAILABLE', kind: 'infrastructure' });
    expect(error.message).not.toContain('127.0.0.1');
    expect(Date.now() - start).toBeLessThan(2_500);
  });

  it('keeps no caller waiting that has gone away', async () => {
    const client = connect(`127.0.0.1:${await findFreePort()}`);
    const start = Date.now();
    expect((await caught(client.act({}, { signal: AbortSignal.timeout(100) }))).code).toBe('DEADLINE_EXCEEDED');
    expect((await caught(client.act({}, { signal: AbortSignal.abort() }))).code).toBe('CANCELLED');
    expect(Date.now() - start).toBeLessThan(1_000);
  });

  it.each(['127.0.0.1', 'localhost'])('is found within a second or so after it came up at %s', async (host) => {
    const port = await findFreePort();
    const client = connect(`${host}:${port}`);
    const failures = [caught(client.act({}, { deadlineMs: 100 })), pause(1_800)];
    await Promise.all(failures); // the pauses between attempts have grown by now
    await serveAt(port);
    expect(await untilAnswered(() => client.act({}, { deadlineMs: 100 }))).toBeLessThan(1_500);
  });

  it('fails no call while it restarts, also one that may not be repeated', async () => {
    const first = await serve(answer);
    const client = connect(first.target);
    await client.act({});
    await first.close();
    const waiting = client.act({});
    await pause(300);
    await serveAt(first.port);
    expect(await waiting).toEqual({ result: 'answered' });
  });

  it('cannot be reached over a channel that is closed', async () => {
    const { target } = await serve(answer);
    const channel = createChannel({ target, descriptorSets });
    const client = createClient(TestServiceDefinition, channel);
    await client.act({});
    channel.close();
    expect(await caught(client.act({}))).toMatchObject({ code: 'UNAVAILABLE', reason: 'UNAVAILABLE' });
  });
});

describe('a drain', () => {
  it('answers what is in flight, and takes nothing new', async () => {
    const started = Promise.withResolvers<void>();
    const release = Promise.withResolvers<{ result: string }>();
    const { target, server } = await serve(() => (started.resolve(), release.promise));
    const call = connect(target).act({});
    await started.promise;
    const drained = server.drain(5_000);
    expect((await caught(connect(target).act({}, { deadlineMs: 500 }))).kind).toBe('infrastructure');
    release.resolve({ result: 'answered' });
    expect(await call).toEqual({ result: 'answered' });
    const start = Date.now();
    await drained;
    expect(Date.now() - start).toBeLessThan(1_000);
  });

  it('answers UNAVAILABLE to what does not end in time, and tells the handler', async () => {
    const started = Promise.withResolvers<AbortSignal>();
    const { target, server } = await serve((_request, { signal }) => (started.resolve(signal), new Promise(() => {})));
    const call = caught(connect(target).act({}));
    const signal = await started.promise;
    const start = Date.now();
    await server.drain(200);
    expect(await call).toMatchObject({ code: 'UNAVAILABLE', reason: 'UNAVAILABLE', retryDelayMs: 1_000 });
    expect(Date.now() - start).toBeLessThan(1_000);
    expect(signal.reason).toMatchObject({ code: 'UNAVAILABLE' });
  });

  it('closes a connection whose client never ends its request', async () => {
    const { target, server } = await serve(answer);
    const session = connectHttp2(`http://${target}`);
    closeLater(() => session.destroy());
    const closed = new Promise((resolve) => session.on('error', () => {}).on('close', resolve));
    const stream = session.request({ ':method': 'POST', ':path': '/test.v1.TestService/Act', 'content-type': 'application/grpc', te: 'trailers' });
    stream.on('error', () => {}).write(Buffer.from([0, 0, 0]));
    await pause(100);
    const start = Date.now();
    await server.drain(200);
    await closed;
    expect(Date.now() - start).toBeLessThan(1_000);
  });

  it('can be asked for twice, and of a server that never listened', async () => {
    const { server } = await serve(answer);
    await Promise.all([server.drain(200), server.drain(200)]);
    await server.drain(200);
  });
});
