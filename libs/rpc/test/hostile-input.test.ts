import { Client, credentials, Metadata, type ServiceError } from '@grpc/grpc-js';
import { connect as connectHttp2 } from 'node:http2';
import { AppError } from '@gatehouse/errors';
import { createChannel, type RpcInterceptor } from '../src';
import { ActRequest, type ActResponse } from './gen/test/v1/test';
import { callRaw, caught, closeLater, connect, descriptorSets, pause, serve } from './connect';

const lockedThing = () => new AppError({ code: 'FAILED_PRECONDITION', reason: 'THING_LOCKED', domain: 'thing.gatehouse', message: 'the thing is locked' });

describe('a handler', () => {
  it.each([
    ['nothing', undefined],
    ['a field of a wrong type', { result: { toString: null } }],
  ])('that answers %s is a defect that the observer sees, and the next call is answered', async (_what, wrong) => {
    const seen: unknown[] = [];
    const watch: RpcInterceptor = (_call, next) => next().catch((error) => (seen.push(error), Promise.reject(error)));
    const { target } = await serve(async ({ action }) => (action === 'wrong' ? (wrong as unknown as ActResponse) : { result: 'fine' }), {
      observer: { server: [watch], client: [] },
    });
    const client = connect(target);
    const error = await caught(client.act({ action: 'wrong' }, { deadlineMs: 2_000 }));
    expect(error).toMatchObject({ code: 'INTERNAL', reason: 'INTERNAL', message: 'internal error' });
    expect(seen).toEqual([expect.objectContaining({ reason: 'INTERNAL', metadata: error.metadata, cause: expect.any(Error) })]);
    expect(await client.act({})).toEqual({ result: 'fine' });
  });

  it('that throws what is no error is answered with INTERNAL', async () => {
    for (const thrown of [null, undefined, 'text', 7, { code: 5, details: 'mine' }]) {
      const { target } = await serve(() => Promise.reject(thrown));
      expect(await caught<ServiceError>(callRaw(target, Buffer.alloc(0)))).toMatchObject({ code: 13, details: 'internal error' });
    }
  });

  it('that fails after its deadline ends no process', async () => {
    const strays: unknown[] = [];
    const onStray = (reason: unknown) => strays.push(reason);
    process.on('unhandledRejection', onStray);
    closeLater(() => process.off('unhandledRejection', onStray));
    const { target } = await serve(() => pause(300).then(() => Promise.reject(new Error('late'))), { maxDeadlineMs: 100 });
    expect((await caught(connect(target).act({}))).code).toBe('DEADLINE_EXCEEDED');
    await pause(350);
    expect(strays).toEqual([]);
  });
});

describe('an observer that throws', () => {
  it('costs its call an INTERNAL and nothing more', async () => {
    const broken: RpcInterceptor = async () => {
      throw new TypeError('the observer broke');
    };
    const { target } = await serve(async () => ({ result: '' }), { observer: { server: [broken], client: [] } });
    expect(await caught(connect(target).act({}, { deadlineMs: 2_000 }))).toMatchObject({ code: 'INTERNAL', message: 'internal error' });
  });
});

describe('the signal of a call', () => {
  it('is not aborted by the end of the call itself', async () => {
    const signals: AbortSignal[] = [];
    const { target } = await serve(async ({ action }, { signal }) => {
      signals.push(signal);
      if (action === 'throw') throw lockedThing();
      return { result: '' };
    });
    const client = connect(target);
    await client.act({});
    await caught(client.act({ action: 'throw' }));
    await pause(100);
    expect(signals.map(({ aborted }) => aborted)).toEqual([false, false]);
  });

  it('is aborted when the caller’s connection breaks', async () => {
    const aborted = Promise.withResolvers<unknown>();
    const { target } = await serve((_request, { signal }) => new Promise(() => signal.addEventListener('abort', () => aborted.resolve(signal.reason))));
    const session = connectHttp2(`http://${target}`);
    const stream = session.request({ ':method': 'POST', ':path': '/test.v1.TestService/Act', 'content-type': 'application/grpc', te: 'trailers' });
    stream.on('error', () => {}).end(Buffer.alloc(5));
    await pause(100);
    session.destroy();
    expect(await aborted.promise).toMatchObject({ reason: 'CANCELLED' });
  });
});

describe('a request id', () => {
  const serveIds = () => serve(async (_request, { requestId }) => ({ result: requestId }));

  it('of the caller is taken as it is', async () => {
    const { target } = await serveIds();
    expect((await connect(target).act({}, { metadata: { 'x-request-id': 'job:7/a.b-c_d' } })).result).toBe('job:7/a.b-c_d');
  });

  it.each(['x'.repeat(129), 'two words', '{"level":"error"}', ''])('that is no identifier is replaced: %p', async (id) => {
    const { target } = await serveIds();
    expect((await connect(target).act({}, { metadata: { 'x-request-id': id } })).result).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7/);
  });
});

describe('metadata', () => {
  it('that gRPC cannot carry is refused before it is sent, unquoted', async () => {
    const { target } = await serve(async () => ({ result: '' }));
    const channel = createChannel({ target, descriptorSets });
    closeLater(() => channel.close());
    for (const authorization of ['Bearer é', 'Bearer a\nb', 'Bearer \u0000']) {
      const error = await caught(
        channel.unary({ path: 'test.v1.TestService/Act', service: 'test.v1.TestService', name: 'Act' }, new Uint8Array(), { metadata: { authorization } }),
      );
      expect(error).toMatchObject({ code: 'INVALID_ARGUMENT', reason: 'REQUEST_UNREADABLE' });
      expect('cause' in error).toBe(false);
    }
  });

  it('is read in text, names in lower case', async () => {
    const metadata = new Metadata();
    metadata.set('X-Thing', 'seen');
    metadata.set('x-thing-bin', Buffer.from([1, 2, 3]));
    let read: ReadonlyMap<string, string> | undefined;
    const { target } = await serve(async (_request, call) => ((read = call.metadata), { result: '' }));
    await callRaw(target, Buffer.alloc(0), metadata);
    expect([read?.get('x-thing'), read?.has('x-thing-bin')]).toEqual(['seen', false]);
  });
});

describe('a request', () => {
  it('nested deeper than anything could be read is unreadable', async () => {
    const { target } = await serve(async () => ({ result: '' }));
    // unknown fields, groups inside of groups
    const error = await caught<ServiceError>(callRaw(target, Buffer.alloc(200_000, 0x7b)));
    expect([error.code, error.details]).toEqual([3, 'the request could not be read']);
  });

  it('of any bytes at all is answered, or is unreadable, or breaks a rule', async () => {
    const { target } = await serve(async () => ({ result: 'read' }));
    const client = new Client(target, credentials.createInsecure());
    closeLater(() => client.close());
    const same = (bytes: Buffer) => bytes;
    const codeOf = (bytes: Buffer) =>
      new Promise<number>((resolve) => client.makeUnaryRequest('/test.v1.TestService/Act', same, same, bytes, (error) => resolve(error?.code ?? 0)));
    // a generator with a seed, so that what it finds is found again
    let state = 20_250_101;
    const random = (below: number) => ((state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) >>> 8) % below;
    const valid = Buffer.from(ActRequest.encode({ action: 'go', tags: ['a', '__proto__'], parts: { constructor: { text: 'b' } }, requestId: '' }).finish());
    const codes = new Map<number, number>();
    for (let round = 0; round < 600; round++) {
      const bytes = round % 2 ? Buffer.from(valid) : Buffer.from(Array.from({ length: random(40) }, () => random(256)));
      if (bytes.length) for (let flips = random(4); flips >= 0; flips--) bytes[random(bytes.length)] = random(256);
      const code = await codeOf(bytes);
      codes.set(code, (codes.get(code) ?? 0) + 1);
    }
    expect([...codes.keys()].sort()).toEqual([0, 3]);
    expect(codes.get(0)).toBeGreaterThan(30);
  });

  it('is one message to what is around the handler and to the handler, however it is written', async () => {
    const seen: unknown[] = [];
    const watch: RpcInterceptor = (call, next) => {
      const { action, parts } = call.message as unknown as ActRequest;
      seen.push([action, parts['a']?.text]);
      return next();
    };
    const { target } = await serve(async ({ action, parts }) => (seen.push([action, parts['a']?.text]), { result: '' }), {
      access: () => ({ authenticate: watch, authorize: (_call, next) => next() }),
    });
    const field = (tag: number, content: string | Buffer) => Buffer.concat([Buffer.from([tag, content.length]), Buffer.from(content)]);
    const actionAsNumber = Buffer.concat([field(0x0a, 'theirs'), field(0x08, 'me'), Buffer.from([0xf8, 0x01, 0x00])]);
    const partInTwo = field(0x1a, Buffer.concat([field(0x0a, 'a'), field(0x12, field(0x0a, 'one')), field(0x12, Buffer.alloc(0))]));
    for (const bytes of [actionAsNumber, partInTwo]) {
      seen.splice(0);
      await callRaw(target, bytes);
      expect(seen[1]).toEqual(seen[0]);
    }
  });

  it('larger than the limit is refused, and the connection lives', async () => {
    const { target } = await serve(async () => ({ result: 'small' }));
    const client = connect(target);
    expect((await caught(client.act({ tags: ['x'.repeat(2 << 20)] }))).code).toBe('RESOURCE_EXHAUSTED');
    expect(await client.act({})).toEqual({ result: 'small' });
  });

  it('that breaks more rules than can be told is told the first', async () => {
    const { target } = await serve(async () => ({ result: '' }));
    const error = await caught(connect(target).act({ tags: Array.from({ length: 100 }, () => '\0') }));
    expect(error.violations.map(({ field }) => field)).toEqual(Array.from({ length: 20 }, (_, index) => `tags[${index}]`));
  });
});
