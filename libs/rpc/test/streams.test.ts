import { AppError, type AppErrorInit } from '@gatehouse/errors';
import { createChannel, createClient, currentCall, type RpcCall, type RpcChannelOptions, type RpcInterceptor, type RpcService } from '../src';
import { startTestServer } from '../src/testing';
import { caught, closeLater, descriptorSets, pause } from './connect';
import { type ActRequest, type ActResponse, StreamServiceDefinition } from './gen/test/v1/test';

type Service = RpcService<StreamServiceDefinition>;
const thing: AppErrorInit = { code: 'FAILED_PRECONDITION', reason: 'THING_LOCKED', domain: 'thing.gatehouse', message: 'the thing is locked' };
const never = () => new Promise<never>(() => {});

async function* echo(requests: AsyncIterable<ActRequest>): AsyncGenerator<ActResponse> {
  for await (const { action } of requests) yield { result: action };
}
const silent: Service = {
  async *watch() {},
  gather: async () => ({ result: '' }),
  converse: echo,
  async *follow() {},
};

async function serve(service: Partial<Service>, options: Partial<Parameters<typeof startTestServer>[2]> = {}) {
  const server = await startTestServer(StreamServiceDefinition, { ...silent, ...service }, { descriptorSets, ...options });
  closeLater(() => server.close());
  return server;
}
function connect(target: string, options: Partial<RpcChannelOptions> = {}) {
  const channel = createChannel({ target, descriptorSets, ...options });
  closeLater(() => channel.close());
  return createClient(StreamServiceDefinition, channel);
}
async function* give(...actions: string[]): AsyncGenerator<{ action: string }> {
  for (const action of actions) yield { action };
}
/** Everything that a stream gave, and what it ended with. */
async function drain(stream: AsyncIterable<ActResponse>): Promise<{ results: string[]; error?: AppError }> {
  const results: string[] = [];
  try {
    for await (const { result } of stream) results.push(result);
    return { results };
  } catch (error) {
    return { results, error: error as AppError };
  }
}
const until = async (condition: () => boolean) => {
  for (const start = Date.now(); !condition(); await pause(5)) if (Date.now() - start > 5_000) throw new Error('it did not happen within 5 s');
};

describe('a stream', () => {
  it('of responses arrives in order and ends', async () => {
    const { target } = await serve({
      async *watch({ action }) {
        for (let index = 0; index < 1_000; index++) yield { result: `${action}${index}` };
      },
    });
    const { results, error } = await drain(connect(target).watch({ action: 'n' }));
    expect(error).toBeUndefined();
    expect(results).toEqual(Array.from({ length: 1_000 }, (_, index) => `n${index}`));
  });

  it('of requests arrives in order and is answered once', async () => {
    const { target } = await serve({
      async gather(requests) {
        const seen: string[] = [];
        for await (const { action } of requests) seen.push(action);
        return { result: seen.join() };
      },
    });
    expect(await connect(target).gather(give('a', 'b', 'c'))).toEqual({ result: 'a,b,c' });
    expect(await connect(target).gather(give())).toEqual({ result: '' });
  });

  it('may be answered before its requests end', async () => {
    const { target } = await serve({
      async gather(requests) {
        for await (const { action } of requests) return { result: `enough with ${action}` };
        return { result: '' };
      },
    });
    const requests = async function* () {
      yield { action: 'a' };
      await never();
    };
    expect(await connect(target).gather(requests())).toEqual({ result: 'enough with a' });
  });

  it('goes both ways at once, and the server may speak first', async () => {
    const { target } = await serve({
      async *converse(requests) {
        yield { result: 'welcome' };
        yield* echo(requests);
      },
    });
    const heard: string[] = [];
    const requests = async function* () {
      for (const action of ['a', 'b']) {
        await until(() => heard.length > 0 && heard.at(-1) !== action);
        yield { action };
      }
    };
    for await (const { result } of connect(target).converse(requests())) heard.push(result);
    expect(heard).toEqual(['welcome', 'a', 'b']);
  });

  it('carries metadata both ways before its first message', async () => {
    const { target } = await serve({
      async *watch(_request, call) {
        call.responseMetadata.set('x-seen', call.metadata.get('x-said') ?? '');
        yield { result: 'a' };
      },
    });
    const channel = createChannel({ target, descriptorSets });
    closeLater(() => channel.close());
    let received: ReadonlyMap<string, string> | undefined;
    await drain(createClient(StreamServiceDefinition, channel).watch({}, { metadata: { 'x-said': 'hello' }, onMetadata: (metadata) => (received = metadata) }));
    expect(received?.get('x-seen')).toBe('hello');
  });

  it('runs as the call that it is, from its first message to its last', async () => {
    const seen: (string | undefined)[] = [];
    const { target } = await serve({
      async *converse(requests) {
        seen.push(currentCall()?.requestId);
        for await (const { action } of requests) {
          seen.push(currentCall()?.requestId);
          yield { result: action };
        }
      },
    });
    await drain(connect(target).converse(give('a', 'b'), { metadata: { 'x-request-id': 'r-1' } }));
    expect(seen).toEqual(['r-1', 'r-1', 'r-1']);
  });

  it('is observed from its beginning to its end, on both sides, with the error it ends with', async () => {
    const seen: string[] = [];
    const watch =
      (side: string) =>
      async (call: { method: { name: string } }, next: () => Promise<unknown>): Promise<unknown> => {
        seen.push(`${side} ${call.method.name} begins`);
        return next().then(
          () => seen.push(`${side} OK`),
          (error: AppError) => {
            seen.push(`${side} ${error.reason}`);
            throw error;
          },
        );
      };
    const { target } = await serve(
      {
        async *watch() {
          yield { result: 'a' };
          await pause(20);
          throw new AppError(thing);
        },
      },
      { observer: { server: [watch('server') as RpcInterceptor], client: [] } },
    );
    const client = connect(target, { observer: { server: [], client: [watch('client')] } });
    await drain(client.watch({}));
    await drain(client.converse(give('a')));
    await until(() => seen.length === 8);
    expect(seen.filter((line) => line.startsWith('client'))).toEqual(['client Watch begins', 'client THING_LOCKED', 'client Converse begins', 'client OK']);
    expect(seen.filter((line) => line.startsWith('server'))).toEqual(['server Watch begins', 'server THING_LOCKED', 'server Converse begins', 'server OK']);
  });
});

describe('an error in a stream', () => {
  it.each(['watch', 'follow', 'converse'] as const)('that %s throws comes after what it gave, as the same error', async (name) => {
    const { target } = await serve({
      async *[name]() {
        yield { result: 'a' };
        yield { result: 'b' };
        throw new AppError({ ...thing, metadata: { thing: 't-1' }, retryDelayMs: 100 });
      },
    });
    const client = connect(target);
    const { results, error } = await drain(name === 'converse' ? client.converse(give('x')) : client[name]({}));
    expect(results).toEqual(['a', 'b']);
    expect(error).toMatchObject({ ...thing, metadata: { thing: 't-1' }, retryDelayMs: 100 });
  });

  it('that is a defect tells an error id and nothing else, and the process goes on', async () => {
    const { target } = await serve({
      async *watch() {
        yield { result: 'a' };
        throw new Error('connect ECONNREFUSED 10.0.0.5:5432');
      },
      gather: () => Promise.reject(null),
    });
    const client = connect(target);
    const { error } = await drain(client.watch({}));
    expect(error).toMatchObject({ code: 'INTERNAL', message: 'internal error', metadata: { error_id: expect.any(String) } });
    expect(await caught(client.gather(give('a')))).toMatchObject({ code: 'INTERNAL' });
    expect((await drain(client.converse(give('a')))).results).toEqual(['a']);
  });

  it('names what is wrong with any of the requests, also where the handler would go on', async () => {
    const { target } = await serve({
      async gather(requests) {
        try {
          for await (const _request of requests);
        } catch {
          await pause(1);
        }
        return { result: 'as if nothing had been' };
      },
    });
    const error = await caught(connect(target).gather(give('a', 'a'.repeat(65))));
    expect(error).toMatchObject({ code: 'INVALID_ARGUMENT', reason: 'VALIDATION_FAILED', violations: [{ field: 'action', reason: 'string.max_len' }] });
  });

  it('of the one who sends requests cancels the call and is thrown as it is', async () => {
    let told: unknown;
    let begun = false;
    const { target } = await serve({
      async gather(requests, { signal }) {
        begun = true;
        signal.addEventListener('abort', () => (told = signal.reason));
        for await (const _request of requests);
        return { result: '' };
      },
    });
    const requests = async function* () {
      yield { action: 'a' };
      await until(() => begun);
      throw new Error('the file could not be read');
    };
    expect(await caught<Error>(connect(target).gather(requests()))).toMatchObject({ message: 'the file could not be read' });
    await until(() => told !== undefined);
    expect(told).toMatchObject({ code: 'CANCELLED' });
  });

  it('refuses bytes that are no such message', async () => {
    const { target } = await serve({});
    const channel = createChannel({ target, descriptorSets });
    closeLater(() => channel.close());
    const bytes = async function* () {
      yield Buffer.from([0x0a, 0xff]);
    };
    for (const name of ['Watch', 'Converse']) {
      const read = async () => {
        for await (const _ of channel.stream({ path: `test.v1.StreamService/${name}`, service: 'test.v1.StreamService', name }, bytes()));
      };
      expect(await caught(read())).toMatchObject({ code: 'INVALID_ARGUMENT', reason: 'REQUEST_UNREADABLE' });
    }
  });
});

describe('the caller of a stream', () => {
  it('is judged by its headers, before any of its messages is waited for or a place is taken', async () => {
    const { target } = await serve(
      {},
      {
        maxInFlight: 0,
        access: () => ({ authenticate: () => Promise.reject(new AppError({ ...thing, reason: 'UNKNOWN_CALLER' })), authorize: (_call, next) => next() }),
      },
    );
    const channel = createChannel({ target, descriptorSets });
    closeLater(() => channel.close());
    const silence = async function* () {
      yield await never();
    };
    const read = async () => {
      for await (const _ of channel.stream({ path: 'test.v1.StreamService/Watch', service: 'test.v1.StreamService', name: 'Watch' }, silence()));
    };
    const begin = Date.now();
    expect(await caught(read())).toMatchObject({ reason: 'UNKNOWN_CALLER' });
    expect(Date.now() - begin).toBeLessThan(1_000);
  });
});

describe('the end of a stream', () => {
  it('comes at its deadline though the handler hangs', async () => {
    const { target } = await serve({
      async *watch() {
        yield { result: 'a' };
        await never();
      },
    });
    const begin = Date.now();
    const { results, error } = await drain(connect(target).watch({}, { deadlineMs: 300 }));
    expect([results, error?.code]).toEqual([['a'], 'DEADLINE_EXCEEDED']);
    expect(Date.now() - begin).toBeLessThan(1_500);
  });

  it('is no deadline for a long-lived call, which ends when it is silent for too long, or too old, to be resumed', async () => {
    const { target } = await serve(
      {
        async *follow({ action }) {
          for (;;) {
            yield { result: 'tick' };
            await pause(action === 'silent' ? 1_000 : 50);
          }
        },
      },
      { maxDeadlineMs: 100, maxIdleMs: 300, maxAgeMs: 700 },
    );
    const client = connect(target, { defaultDeadlineMs: 100 });
    const begin = Date.now();
    const idle = await drain(client.follow({ action: 'silent' }));
    const idleMs = Date.now() - begin;
    expect(idle).toMatchObject({ results: ['tick'], error: { code: 'UNAVAILABLE', retryDelayMs: 0 } });
    expect(idleMs).toBeGreaterThan(250);
    const old = await drain(client.follow({ action: 'busy' }));
    expect(old.error).toMatchObject({ code: 'UNAVAILABLE', retryDelayMs: 0 });
    expect(Date.now() - begin - idleMs).toBeGreaterThan(600);
  });

  it.each(['stops reading', 'is cancelled'])('comes in the handler when its reader %s', async (how) => {
    let told: AppError | undefined;
    let cleaned = false;
    const { target } = await serve({
      async *follow(_request, { signal }: RpcCall) {
        signal.addEventListener('abort', () => (told = signal.reason));
        try {
          for (;;) {
            yield { result: 'tick' };
            await pause(10);
          }
        } finally {
          cleaned = true;
        }
      },
    });
    const controller = new AbortController();
    const read = async () => {
      for await (const _ of connect(target).follow({}, { signal: controller.signal })) {
        if (how === 'stops reading') return;
        controller.abort();
      }
    };
    const outcome = await read().catch((error: AppError) => error.code);
    expect(outcome).toBe(how === 'stops reading' ? undefined : 'CANCELLED');
    await until(() => cleaned);
    expect(told).toMatchObject({ code: 'CANCELLED' });
  });

  it('comes at once for long-lived calls when the server drains, and others are answered', async () => {
    const server = await serve({
      async *follow() {
        yield { result: 'tick' };
        await never();
      },
      async *watch() {
        for (let index = 0; index < 5; index++) {
          yield { result: String(index) };
          await pause(60);
        }
      },
    });
    const client = connect(server.target);
    const [follow, watch] = [drain(client.follow({})), drain(client.watch({}))];
    await pause(150);
    const begin = Date.now();
    await server.server.drain(5_000);
    expect(Date.now() - begin).toBeLessThan(2_000);
    expect(await follow).toMatchObject({ results: ['tick'], error: { code: 'UNAVAILABLE', retryDelayMs: 0 } });
    expect(await watch).toEqual({ results: ['0', '1', '2', '3', '4'] });
  });

  it('frees its place: long-lived calls have a bound of their own, and one too many is refused', async () => {
    const { target } = await serve(
      {
        async *follow() {
          yield { result: 'tick' };
          await never();
        },
      },
      { maxLongLived: 2, maxInFlight: 1 },
    );
    const client = connect(target);
    const open = [new AbortController(), new AbortController()];
    const streams = open.map(({ signal }) => drain(client.follow({}, { signal })));
    await pause(100);
    expect((await drain(client.follow({}))).error).toMatchObject({ code: 'RESOURCE_EXHAUSTED', reason: 'OVERLOADED' });
    expect((await drain(client.converse(give('a')))).results).toEqual(['a']);
    open[0]!.abort();
    await streams[0];
    await pause(50);
    const third = new AbortController();
    const again = drain(client.follow({}, { signal: third.signal }));
    await pause(100);
    [open[1]!, third].forEach((controller) => controller.abort());
    expect(await again).toMatchObject({ results: ['tick'], error: { code: 'CANCELLED' } });
  });
});

describe('the slower side', () => {
  const large = 'x'.repeat(60);
  const batch = { action: large, tags: Array.from({ length: 1_000 }, () => large) };

  it('holds back a server whose responses nobody reads', async () => {
    let given = 0;
    const { target } = await serve({
      async *watch() {
        for (; given < 1_000; given++) yield { result: large.repeat(1_000) };
      },
    });
    const iterator = connect(target).watch({})[Symbol.asyncIterator]();
    await iterator.next();
    await pause(500);
    const atRest = given;
    await pause(300);
    expect(given).toBe(atRest);
    expect(atRest).toBeLessThan(60);
    let read = 1;
    while (!(await iterator.next()).done) read++;
    expect(read).toBe(1_000);
  });

  it('holds back a client whose requests nobody reads', async () => {
    let sent = 0;
    let go: () => void = () => {};
    const going = new Promise<void>((resolve) => (go = resolve));
    const { target } = await serve({
      async gather(requests) {
        await going;
        let count = 0;
        for await (const _ of requests) count++;
        return { result: String(count) };
      },
    });
    const requests = async function* () {
      for (; sent < 500; sent++) yield batch;
    };
    const answer = connect(target).gather(requests(), { deadlineMs: 20_000 });
    await pause(500);
    const atRest = sent;
    await pause(300);
    expect(sent).toBe(atRest);
    expect(atRest).toBeLessThan(60);
    go();
    expect(await answer).toEqual({ result: '500' });
  });
});
