import { create, type MessageShape, toBinary } from '@bufbuild/protobuf';
import { anyPack } from '@bufbuild/protobuf/wkt';
import { Metadata, Server, ServerCredentials, type ServiceError, status as Code } from '@grpc/grpc-js';
import { AppError } from '@gatehouse/errors';
import { ErrorInfoSchema, RetryInfoSchema } from '../src/gen/google/rpc/error_details_pb';
import { StatusSchema } from '../src/gen/google/rpc/status_pb';
import { caught, callRaw, closeLater, connect, serve } from './connect';

type Details = MessageShape<typeof StatusSchema>['details'];
const secret = 'connect ECONNREFUSED 10.0.0.5:5432';

/** A server that is none of ours: each call is answered with this status. */
async function serveForeign(code: number, trailer?: Uint8Array): Promise<string> {
  const same = (bytes: Buffer) => bytes;
  const server = new Server();
  server.register(
    '/test.v1.TestService/Act',
    (_call: unknown, callback: (error: Partial<ServiceError>) => void) => {
      const metadata = new Metadata();
      if (trailer) metadata.set('grpc-status-details-bin', Buffer.from(trailer));
      callback({ code, details: secret, metadata });
    },
    same,
    same,
    'unary',
  );
  closeLater(() => server.forceShutdown());
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) => (error ? reject(error) : resolve(bound))),
  );
  return `127.0.0.1:${port}`;
}

const toStatus = (code: number, details: Details) => toBinary(StatusSchema, create(StatusSchema, { code, message: 'said so', details }));
const toInfo = (domain: string, metadata: Record<string, string> = {}) =>
  anyPack(ErrorInfoSchema, create(ErrorInfoSchema, { reason: 'SAID_SO', domain, metadata }));

describe('a status that is not ours', () => {
  it.each([
    [Code.CANCELLED, 'CANCELLED', 'infrastructure'],
    [Code.DEADLINE_EXCEEDED, 'DEADLINE_EXCEEDED', 'infrastructure'],
    [Code.UNAVAILABLE, 'UNAVAILABLE', 'infrastructure'],
    [Code.RESOURCE_EXHAUSTED, 'RESOURCE_EXHAUSTED', 'domain'],
    [Code.NOT_FOUND, 'INTERNAL', 'defect'],
    [Code.INVALID_ARGUMENT, 'INTERNAL', 'defect'],
    [Code.UNAUTHENTICATED, 'INTERNAL', 'defect'],
    [Code.UNIMPLEMENTED, 'INTERNAL', 'defect'],
    [Code.UNKNOWN, 'INTERNAL', 'defect'],
    [77, 'INTERNAL', 'defect'],
  ])('of code %i is %s, without its text', async (code, name, kind) => {
    const error = await caught(connect(await serveForeign(code)).act({}));
    expect(error).toBeInstanceOf(AppError);
    expect(error).toMatchObject({ code: name, kind, domain: 'gatehouse' });
    expect(error.message + JSON.stringify(error)).not.toContain('10.0.0.5');
    expect((error.cause as Error).message).toContain('10.0.0.5');
  });

  const ours = toStatus(Code.NOT_FOUND, [toInfo('thing.gatehouse')]);
  it.each([
    ['a domain of others', toStatus(Code.NOT_FOUND, [toInfo('example.com')])],
    ['a domain that only ends like ours', toStatus(Code.NOT_FOUND, [toInfo('notgatehouse')])],
    ['no details', toStatus(Code.NOT_FOUND, [])],
    ['another code in its details', toStatus(Code.ABORTED, [toInfo('thing.gatehouse')])],
    ['details cut off', ours.subarray(0, ours.length - 3)],
    ['details that are noise', Buffer.from([0xff, 0xff, 0xff, 0xff])],
    ['an ErrorInfo that is noise', toStatus(Code.NOT_FOUND, [{ ...toInfo('thing.gatehouse'), value: Buffer.from([0x0a, 0xff]) }])],
    ['empty details', new Uint8Array()],
  ])('and has %s is a defect in our words', async (_what, trailer) => {
    expect(await caught(connect(await serveForeign(Code.NOT_FOUND, trailer)).act({}))).toMatchObject({
      code: 'INTERNAL',
      reason: 'INTERNAL',
      message: 'internal error',
    });
  });

  it('is ours with our ErrorInfo, whatever else it carries', async () => {
    const unknown = { ...toInfo('thing.gatehouse'), typeUrl: 'type.googleapis.com/example.Unknown' };
    const target = await serveForeign(Code.NOT_FOUND, toStatus(Code.NOT_FOUND, [unknown, toInfo('example.com'), toInfo('thing.gatehouse')]));
    expect(await caught(connect(target).act({}))).toMatchObject({ code: 'NOT_FOUND', reason: 'SAID_SO', domain: 'thing.gatehouse', message: 'said so' });
  });

  it('cannot hand on an HTTP status or a delay that is none', async () => {
    const toDelay = (seconds: bigint, nanos: number) => anyPack(RetryInfoSchema, create(RetryInfoSchema, { retryDelay: { seconds, nanos } }));
    for (const httpStatus of ['7', '200', '99999', 'NaN', '404.5', '']) {
      const target = await serveForeign(Code.NOT_FOUND, toStatus(Code.NOT_FOUND, [toInfo('thing.gatehouse', { http_status: httpStatus }), toDelay(-5n, 0)]));
      expect(await caught(connect(target).act({}))).toMatchObject({ reason: 'SAID_SO', httpStatus: undefined, retryDelayMs: undefined, metadata: {} });
    }
    // neither is any of these a google.protobuf.Duration
    for (const [seconds, nanos] of [
      [0n, -1],
      [5n, -1],
      [5n, 1_000_000_000],
      [315_576_000_001n, 0],
      [9_223_372_036_854_775_807n, 0],
    ] as const) {
      const target = await serveForeign(Code.NOT_FOUND, toStatus(Code.NOT_FOUND, [toInfo('thing.gatehouse'), toDelay(seconds, nanos)]));
      expect(await caught(connect(target).act({}))).toMatchObject({ reason: 'SAID_SO', retryDelayMs: undefined });
    }
  });
});

describe('what a foreign client reads', () => {
  const thing = { code: 'NOT_FOUND', reason: 'THING_LOCKED', domain: 'thing.gatehouse', message: 'the thing is locked' } as const;
  const readTrailer = async (error: AppError) => {
    const { target } = await serve(() => Promise.reject(error));
    const { metadata, details } = await caught<ServiceError>(callRaw(target, Buffer.alloc(0)));
    const [trailer] = metadata.get('grpc-status-details-bin') as [Buffer];
    return { trailer, details, error: await caught(connect(target).act({})) };
  };

  it.each([
    ['violations', { violations: Array.from({ length: 500 }, (_, index) => ({ field: `tags[${index}]`, description: 'x'.repeat(50), reason: 'r' })) }],
    ['one long violation', { violations: [{ field: `parts["${'k'.repeat(9_000)}"]`, description: 'must be short' }] }],
    ['metadata', { metadata: { thing: 'x'.repeat(9_000) } }],
    ['message', { message: 'é'.repeat(9_000) }],
  ])('is at most 4 KiB, and still the same error, with too long %s', async (_what, more) => {
    const { trailer, error } = await readTrailer(new AppError({ ...thing, httpStatus: 423, retryDelayMs: 250, ...more }));
    expect(trailer.length).toBeLessThanOrEqual(4_096);
    expect(error).toMatchObject({ code: 'NOT_FOUND', reason: 'THING_LOCKED', domain: 'thing.gatehouse', httpStatus: 423, retryDelayMs: 250 });
  });

  it('keeps as many violations as fit, from the first on', async () => {
    const violations = Array.from({ length: 100 }, (_, index) => ({ field: `tags[${index}]`, description: 'x'.repeat(80) }));
    const { error } = await readTrailer(new AppError({ ...thing, violations }));
    expect(error.violations.length).toBeGreaterThan(35);
    expect(error.violations).toEqual(violations.slice(0, error.violations.length));
    // and the first in any case, though not all of its words
    const long = await readTrailer(new AppError({ ...thing, violations: [{ field: 'f'.repeat(9_000), description: 'é'.repeat(9_000), reason: 'r' }] }));
    expect(long.error.violations).toEqual([{ field: expect.stringMatching(/^f+…$/), description: expect.stringMatching(/^é+…$/), reason: 'r' }]);
  });

  it('is an answer, also where a text is no Unicode or a delay no number', async () => {
    const half = '😀'.slice(0, 1);
    const torn = await readTrailer(
      new AppError({ ...thing, message: `thing ${half}`, metadata: { thing: half }, violations: [{ field: half, description: half }] }),
    );
    expect(torn.error).toMatchObject({ code: 'NOT_FOUND', reason: 'THING_LOCKED', message: 'thing \ufffd' });
    const endless = new AppError({ ...thing, retryDelayMs: NaN });
    expect((await readTrailer(endless)).error.code).toBe('INTERNAL');
  });
});
