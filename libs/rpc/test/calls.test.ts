import type { ServiceError } from '@grpc/grpc-js';
import { AppError, type AppErrorInit } from '@gatehouse/errors';
import { currentCall, type RpcInterceptor } from '../src';
import { type Act, callRaw, caught, connect, pause, serve } from './connect';

const thing: AppErrorInit = { code: 'FAILED_PRECONDITION', reason: 'THING_LOCKED', domain: 'thing.gatehouse', message: 'the thing is locked' };

describe('an error that a handler throws', () => {
  it('arrives as the same error, with its metadata, violations, retry delay and HTTP status', async () => {
    const init: AppErrorInit = {
      ...thing,
      metadata: { thing: 't-1' },
      violations: [{ field: 'action', description: 'must be free', reason: 'thing.free' }],
      retryDelayMs: 1_500,
      httpStatus: 412,
      cause: new Error('secret cause'),
    };
    const { target } = await serve(() => Promise.reject(new AppError(init)));
    const error = await caught(connect(target).act({}));
    const { code, reason, domain, message, metadata, violations, retryDelayMs, httpStatus, kind } = error;
    expect({ code, reason, domain, message, metadata, violations, retryDelayMs, httpStatus, kind }).toEqual({ ...init, cause: undefined, kind: 'domain' });
    expect(JSON.stringify(error)).not.toContain('secret cause');
  });

  it('is INTERNAL with an error id and nothing else of it when it is no AppError', async () => {
    const { target } = await serve(async () => {
      throw new Error('connect ECONNREFUSED 10.0.0.5:5432');
    });
    const foreign = (await caught(callRaw(target, Buffer.alloc(0)))) as unknown as ServiceError;
    expect(foreign.code).toBe(13);
    expect(foreign.details).toBe('internal error');
    const error = await caught(connect(target).act({}));
    expect(error).toMatchObject({ code: 'INTERNAL', reason: 'INTERNAL', kind: 'defect', message: 'internal error' });
    expect(error.metadata['error_id']).toMatch(/^[0-9a-f-]{36}$/);
    expect(String((error.cause as ServiceError).message)).not.toContain('10.0.0.5');
  });

  it('does not end the process, which answers the next call', async () => {
    const { target } = await serve(async ({ action }) => {
      if (action === 'throw') throw null;
      return { result: 'alive' };
    });
    const client = connect(target);
    expect((await caught(client.act({ action: 'throw' }))).code).toBe('INTERNAL');
    expect(await client.act({})).toEqual({ result: 'alive' });
  });
});

describe('what is checked before a handler', () => {
  const answer: Act = async () => ({ result: 'done' });

  it('refuses bytes that are no such message', async () => {
    const { target } = await serve(answer);
    for (const bytes of [Buffer.from([0x0a, 0xff]), Buffer.from([0x0a, 2, 0xc3, 0x28])]) {
      const error = (await caught(callRaw(target, bytes))) as unknown as ServiceError;
      expect([error.code, error.details]).toEqual([3, 'the request could not be read']);
    }
  });

  it('names each field that breaks a rule by its JSON path', async () => {
    const { target } = await serve(answer);
    const error = await caught(connect(target).act({ action: 'a'.repeat(65), tags: ['ok', 'a\0b'], parts: { x: { text: '\0' } } }));
    expect(error).toMatchObject({ code: 'INVALID_ARGUMENT', reason: 'VALIDATION_FAILED' });
    expect(error.violations.map(({ field, reason }) => [field, reason])).toEqual([
      ['tags[1]', 'string.nul'],
      ['parts["x"].text', 'string.nul'],
      ['action', 'string.max_len'],
    ]);
  });

  it('judges in order: readable, known, allowed, valid', async () => {
    const verdict = (reason: string) => new AppError({ ...thing, reason });
    const state = { known: false, allowed: false };
    const { target } = await serve(answer, {
      access: () => ({
        authenticate: (_call, next) => (state.known ? next() : Promise.reject(verdict('UNKNOWN_CALLER'))),
        authorize: (_call, next) => (state.allowed ? next() : Promise.reject(verdict('NOT_ALLOWED'))),
      }),
    });
    const invalid = { action: 'a'.repeat(65) };
    const client = connect(target);
    expect(((await caught(callRaw(target, Buffer.from([0x0a, 0xff])))) as unknown as ServiceError).code).toBe(3);
    expect((await caught(client.act(invalid))).reason).toBe('UNKNOWN_CALLER');
    state.known = true;
    expect((await caught(client.act(invalid))).reason).toBe('NOT_ALLOWED');
    state.allowed = true;
    expect((await caught(client.act(invalid))).reason).toBe('VALIDATION_FAILED');
    expect(await client.act({})).toEqual({ result: 'done' });
  });

  it('is observed from outside, the error included', async () => {
    const seen: string[] = [];
    const watch =
      (name: string): RpcInterceptor =>
      async (call, next) => {
        seen.push(`${name} ${call.method.path}`);
        return next().catch((error: AppError) => {
          seen.push(`${name} ${error.reason}`);
          throw error;
        });
      };
    const { target } = await serve(answer, { observer: { server: [watch('trace'), watch('log')], client: [] } });
    await caught(connect(target).act({ action: 'a'.repeat(65) }));
    expect(seen).toEqual(['trace test.v1.TestService/Act', 'log test.v1.TestService/Act', 'log VALIDATION_FAILED', 'trace VALIDATION_FAILED']);
  });
});

describe('a call', () => {
  it('ends at its deadline though the handler hangs, and the handler is told', async () => {
    let told: unknown;
    const { target } = await serve((_request, { signal }) => new Promise(() => signal.addEventListener('abort', () => (told = signal.reason))), {
      maxDeadlineMs: 200,
    });
    const start = Date.now();
    const error = await caught(connect(target).act({}));
    expect(error).toMatchObject({ code: 'DEADLINE_EXCEEDED', reason: 'DEADLINE_EXCEEDED' });
    expect(Date.now() - start).toBeLessThan(1_500);
    expect(told).toMatchObject({ reason: 'DEADLINE_EXCEEDED' });
  });

  it('that its caller cancels is cancelled in the handler', async () => {
    const seen = { started: () => {}, aborted: (_reason: unknown) => {} };
    const started = new Promise<void>((resolve) => (seen.started = resolve));
    const aborted = new Promise<unknown>((resolve) => (seen.aborted = resolve));
    const { target } = await serve((_request, { signal }) => {
      seen.started();
      return new Promise((_resolve, reject) => signal.addEventListener('abort', () => (seen.aborted(signal.reason), reject(signal.reason))));
    });
    const controller = new AbortController();
    const call = caught(connect(target).act({}, { signal: controller.signal }));
    await started;
    controller.abort();
    expect((await call).code).toBe('CANCELLED');
    expect(await aborted).toMatchObject({ code: 'CANCELLED' });
  });

  it('hands its deadline, cancellation and request id on to the calls made for it', async () => {
    const seen: { deadline: number; requestId: string }[] = [];
    const inner = await serve(async (_request, { deadline, requestId }) => {
      seen.push({ deadline, requestId });
      return { result: '' };
    });
    const innerClient = connect(inner.target);
    const outer = await serve(async (request, { deadline, requestId }) => {
      seen.push({ deadline, requestId });
      expect(currentCall()?.requestId).toBe(requestId);
      return innerClient.act(request);
    });
    await connect(outer.target).act({}, { deadlineMs: 2_000, metadata: { 'x-request-id': 'r-1' } });
    const [first, second] = seen;
    expect([first?.requestId, second?.requestId]).toEqual(['r-1', 'r-1']);
    expect(second!.deadline).toBeLessThan(first!.deadline);
  });

  it('with too little time left is refused before it is sent', async () => {
    const { target } = await serve(async () => ({ result: '' }));
    expect((await caught(connect(target).act({}, { deadlineMs: 5 }))).code).toBe('DEADLINE_EXCEEDED');
  });

  it('over the limit of calls in flight is refused at once', async () => {
    const release: (() => void)[] = [];
    const { target } = await serve(() => new Promise((resolve) => release.push(() => resolve({ result: 'ok' }))), { maxInFlight: 2 });
    const client = connect(target);
    const accepted = [client.act({}), client.act({})];
    while (release.length < 2) await pause(5);
    expect(await caught(client.act({}))).toMatchObject({ code: 'RESOURCE_EXHAUSTED', reason: 'OVERLOADED', retryDelayMs: 1_000 });
    release.forEach((resolve) => resolve());
    expect(await Promise.all(accepted)).toEqual([{ result: 'ok' }, { result: 'ok' }]);
  });
});
