import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { overloaded, requestInProgress, unavailable } from '@gatehouse/contracts/api';
import { AppError } from '@gatehouse/errors';
import { createChannel, createClient, type RpcChannelOptions, type RpcService } from '../src';
import { startTestServer } from '../src/testing';
import { StreamServiceDefinition } from './gen/test/v1/test';
import { type Act, caught, closeLater, connect, descriptorSets, pause, serve } from './connect';

const gone = () => unavailable({ retryDelayMs: 0 });
/** A handler that fails so many times before it answers, and what it saw. */
function failing(times: number, toError: () => AppError = gone) {
  const seen: { at: number; previous: string | undefined }[] = [];
  const act: Act = async (_request, { metadata }) => {
    seen.push({ at: Date.now(), previous: metadata.get('grpc-previous-rpc-attempts') });
    if (seen.length <= times) throw toError();
    return { result: 'at last' };
  };
  return { seen, act };
}
const keyed = () => ({ requestId: randomUUID() });
const refused = (code: AppError['code']) => new AppError({ code, reason: 'REFUSED', domain: 'thing.gatehouse', message: 'refused', retryDelayMs: 0 });

describe('a call that failed with UNAVAILABLE', () => {
  it('is made again where the contract calls its method idempotent', async () => {
    const { act, seen } = failing(2);
    expect(await connect((await serve(act)).target).look({})).toEqual({ result: 'at last' });
    expect(seen.map(({ previous }) => previous)).toEqual([undefined, '1', '2']);
  });

  it('is made again where its request carries a request_id, wherever in its bytes that is', async () => {
    const { act, seen } = failing(2);
    const request = { ...keyed(), action: 'act', tags: ['a', 'b'], parts: { x: { text: 'y' } } };
    expect(await connect((await serve(act)).target).act(request)).toEqual({ result: 'at last' });
    expect(seen).toHaveLength(3);
  });

  it('is not made again where nothing says that it is safe', async () => {
    const { act, seen } = failing(2);
    const { target } = await serve(act);
    expect(await caught(connect(target).act({ action: 'act' }))).toMatchObject({ code: 'UNAVAILABLE' });
    const stranger = connect(target, { descriptorSets: [] });
    expect(await caught(stranger.act(keyed()))).toMatchObject({ code: 'UNAVAILABLE' });
    expect(seen).toHaveLength(2);
  });

  it('is made three times at most, and counts once for who observes it', async () => {
    const { act, seen } = failing(3);
    const observed: string[] = [];
    const client = connect((await serve(act)).target, {
      observer: { server: [], client: [(call, next) => (observed.push('call'), (call.onRetry = ({ code }) => void observed.push(`retry ${code}`)), next())] },
    });
    expect(await caught(client.act(keyed()))).toMatchObject({ code: 'UNAVAILABLE' });
    expect(seen).toHaveLength(3);
    expect(observed).toEqual(['call', 'retry UNAVAILABLE', 'retry UNAVAILABLE']);
  });

  it('is not made again where it was already, one hop further on', async () => {
    const { act, seen } = failing(9);
    const behind = connect((await serve(act)).target);
    let attempts = 0;
    const { target } = await serve(async () => {
      attempts++;
      return behind.look({});
    });
    expect(await caught(connect(target).look({}))).toMatchObject({ code: 'UNAVAILABLE' });
    expect([attempts, seen.length]).toEqual([1, 3]);
  });

  it('is not made again before the time that the service asks for', async () => {
    const { act, seen } = failing(1, () => unavailable({ retryDelayMs: 150 }));
    await connect((await serve(act)).target).act(keyed());
    // a timer may be a millisecond early
    expect(seen[1]!.at - seen[0]!.at).toBeGreaterThanOrEqual(145);
  });

  it('is not made again when that would be after its deadline, and fails at once', async () => {
    const { act, seen } = failing(1, () => unavailable({ retryDelayMs: 3_000 }));
    const error = await caught(connect((await serve(act)).target).act(keyed(), { deadlineMs: 2_000 }));
    expect(error).toMatchObject({ code: 'UNAVAILABLE', retryDelayMs: 3_000 });
    expect(seen).toHaveLength(1);
  });

  it('is not made again once its caller has gone away', async () => {
    const { act, seen } = failing(1, () => unavailable({ retryDelayMs: 4_000 }));
    const controller = new AbortController();
    const call = caught(
      connect((await serve(act)).target, { observer: { server: [], client: [(each, next) => ((each.onRetry = () => controller.abort()), next())] } }).act(
        keyed(),
        { signal: controller.signal },
      ),
    );
    expect(await call).toMatchObject({ code: 'CANCELLED' });
    expect(seen).toHaveLength(1);
  });

  it('is made again though its answer had begun, by a server that went away in between', async () => {
    const server = createServer();
    let calls = 0;
    server.on('session', (session) => session.on('error', () => {}));
    server.on('stream', (stream) => {
      stream.on('error', () => {});
      stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
      if (++calls === 1) setTimeout(() => stream.session?.destroy(), 20);
      else {
        stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
        stream.end(Buffer.from([0, 0, 0, 0, 0]));
      }
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    closeLater(() => server.close());
    const client = connect(`127.0.0.1:${(server.address() as AddressInfo).port}`);
    expect(await client.act(keyed())).toEqual({ result: '' });
    expect(calls).toBe(2);
  });
});

describe('a call that failed otherwise', () => {
  it.each([
    ['the server is overloaded', overloaded],
    ['another thing is aborted', () => refused('ABORTED')],
    ['its deadline passed', () => refused('DEADLINE_EXCEEDED')],
    ['there is a defect', () => refused('INTERNAL')],
  ])('because %s is not made again', async (_why, toError) => {
    const { act, seen } = failing(1, toError);
    const { target } = await serve(act);
    await caught(connect(target).act(keyed()));
    expect(seen).toHaveLength(1);
  });

  it('because its request_id is in progress waits as long as it is told, and asks again', async () => {
    const { act, seen } = failing(2, () => requestInProgress({ retryDelayMs: 100 }));
    const { target } = await serve(act);
    expect(await connect(target).act(keyed())).toEqual({ result: 'at last' });
    expect(seen[2]!.at - seen[0]!.at).toBeGreaterThanOrEqual(195);
  });

  it('because of a request_id that it does not carry is not made again', async () => {
    const { act, seen } = failing(1, () => requestInProgress({ retryDelayMs: 0 }));
    expect(await caught(connect((await serve(act)).target).look({}))).toMatchObject({ reason: 'REQUEST_IN_PROGRESS' });
    expect(seen).toHaveLength(1);
  });
});

describe('a stream that failed with UNAVAILABLE', () => {
  const silent: RpcService<StreamServiceDefinition> = {
    async *watch() {},
    gather: async () => ({ result: '' }),
    async *converse() {},
    async *follow() {},
  };
  async function open(service: Partial<typeof silent>, options: Partial<RpcChannelOptions> = {}) {
    const server = await startTestServer(StreamServiceDefinition, { ...silent, ...service }, { descriptorSets });
    closeLater(() => server.close());
    const channel = createChannel({ target: server.target, descriptorSets, ...options });
    closeLater(() => channel.close());
    return createClient(StreamServiceDefinition, channel);
  }
  const drain = async (stream: AsyncIterable<{ result: string }>) => {
    const results: string[] = [];
    try {
      for await (const { result } of stream) results.push(result);
    } catch (error) {
      results.push((error as AppError).code);
    }
    return results;
  };

  it('is begun again before its first response, with the same request', async () => {
    let calls = 0;
    const client = await open({
      async *watch({ action }) {
        if (++calls < 3) throw gone();
        yield { result: action };
        yield { result: 'more' };
      },
    });
    expect(await drain(client.watch({ action: 'a' }))).toEqual(['a', 'more']);
    expect(calls).toBe(3);
  });

  it('is not begun again after its first response', async () => {
    let calls = 0;
    const client = await open({
      async *watch() {
        yield { result: String(++calls) };
        throw gone();
      },
    });
    expect(await drain(client.watch({}))).toEqual(['1', 'UNAVAILABLE']);
  });

  it('is never begun again when its requests are a stream', async () => {
    let calls = 0;
    const client = await open({
      async gather() {
        calls++;
        throw gone();
      },
      async *converse() {
        calls++;
        throw gone();
      },
    });
    const requests = async function* () {
      yield keyed();
    };
    expect(await caught(client.gather(requests()))).toMatchObject({ code: 'UNAVAILABLE' });
    expect(await drain(client.converse(requests()))).toEqual(['UNAVAILABLE']);
    expect(calls).toBe(2);
  });

  it('is one that goes on until somebody ends it only with a request_id', async () => {
    let calls = 0;
    const client = await open({
      async *follow() {
        if (++calls < 2) throw gone();
        yield { result: 'followed' };
      },
    });
    expect(await drain(client.follow({}))).toEqual(['UNAVAILABLE']);
    calls = 0;
    expect(await drain(client.follow(keyed()))).toEqual(['followed']);
  });
});

describe('a server that fails entirely', () => {
  it('is asked hardly more often than its callers ask, and is trusted again once it answers', async () => {
    let isDown = true;
    let attempts = 0;
    const { target } = await serve(async () => {
      attempts++;
      if (isDown) throw gone();
      return { result: 'answered' };
    });
    const client = connect(target);
    const requests = 3_000;
    let left = requests;
    const caller = async () => {
      while (left-- > 0) expect(await caught(client.act(keyed()))).toMatchObject({ code: 'UNAVAILABLE' });
    };
    await Promise.all(Array.from({ length: 20 }, caller));
    expect(attempts / requests).toBeLessThanOrEqual(1.2);
    expect(attempts).toBeGreaterThan(requests);

    isDown = false;
    for (let index = 0; index < 800; index += 20) await Promise.all(Array.from({ length: 20 }, () => client.act(keyed())));
    isDown = true;
    attempts = 0;
    const call = client.act(keyed());
    while (!attempts) await pause(1);
    isDown = false;
    expect(await call).toEqual({ result: 'answered' });
  });
});
