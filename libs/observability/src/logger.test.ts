import { context, ROOT_CONTEXT, trace, TraceFlags } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { PassThrough } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { createLogger, type LoggerOptions } from './logger';

function collect(options: Partial<LoggerOptions> = {}) {
  const stream = new PassThrough();
  const logger = createLogger({ service: 'user', level: 'info', stream, ...options });
  const read = () =>
    String(stream.read() ?? '')
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  const readAll = async () => {
    await logger.flush(0);
    return read();
  };
  return { logger, read, readAll, stream };
}

describe('a line', () => {
  it('is one JSON object with time, level, service and body', async () => {
    const { logger, readAll } = collect();
    logger.warn('check failing', { check: 'postgres' });
    const [line, ...rest] = await readAll();
    expect(rest).toEqual([]);
    expect(line).toEqual({
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      severity_text: 'WARN',
      'service.name': 'user',
      body: 'check failing',
      check: 'postgres',
    });
  });

  it('stays one, whatever a field holds', async () => {
    const { logger, readAll } = collect();
    logger.info('call', { request_id: 'a\nb"}\u2028%s', reason: 'x'.repeat(10_000) });
    expect(await readAll()).toMatchObject([{ request_id: 'a\nb"}\u2028%s', reason: 'x'.repeat(512) }]);
  });

  it('holds known fields with plain values, and nothing else', async () => {
    const { logger, readAll } = collect();
    const user = { email: 'ada@example.com' };
    logger.info('call', {
      'http.response.status_code': 200,
      password: 'hunter2',
      severity_text: 'x',
      body: 'x',
      stack: 'hunter2',
      'http.route': user,
      duration_ms: NaN,
      user,
    } as never);
    expect(await readAll()).toEqual([
      { timestamp: expect.any(String), severity_text: 'INFO', 'service.name': 'user', body: 'call', 'http.response.status_code': 200 },
    ]);
  });

  it('holds no token and no email in any field, such as an id of a request that its caller chose', async () => {
    const { logger, readAll } = collect();
    logger.info('call', { request_id: 'ghr_aGVsbG8', reason: 'eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiIxIn0.c2ln', check: 'ada@example.com' });
    expect(await readAll()).toMatchObject([{ request_id: '[redacted]', reason: '[redacted]', check: '[redacted]' }]);
  });

  it('tells where an exception was thrown at ERROR alone', async () => {
    const { logger, readAll } = collect();
    const exception = new Error('connect ECONNREFUSED');
    logger.warn('check failing', { exception });
    logger.error('call', { exception });
    const told = { type: 'Error', message: exception.message };
    expect((await readAll()).map((line) => line['exception'])).toEqual([[told], [{ ...told, stacktrace: expect.stringMatching(/^at .*logger\.test\.ts/) }]]);
  });

  it('is not written below the level', async () => {
    const { logger, readAll } = collect({ level: 'warn' });
    logger.debug('a');
    logger.info('b');
    logger.warn('c');
    logger.error('d');
    logger.level = 'debug';
    logger.debug('e');
    expect((await readAll()).map(({ body }) => body)).toEqual(['c', 'd', 'e']);
  });

  it('carries the trace in which it was written, also in a burst', async () => {
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
    const { logger, readAll, stream } = collect();
    const toId = (n: number) => n.toString(16).padStart(32, '0');
    for (let n = 1; n <= 200; n++) {
      const span = { traceId: toId(n), spanId: toId(n).slice(16), traceFlags: TraceFlags.SAMPLED };
      context.with(trace.setSpanContext(ROOT_CONTEXT, span), () => logger.info('call', { 'http.response.status_code': n }));
    }
    logger.info('alone');
    const lines = await readAll();
    stream.destroy();
    expect(lines.slice(0, 200).map((line) => [line['http.response.status_code'], line.trace_id, line.span_id])).toEqual(
      Array.from({ length: 200 }, (_, i) => [i + 1, toId(i + 1), toId(i + 1).slice(16)]),
    );
    expect(lines[200]).not.toHaveProperty('trace_id');
  });
});

describe('lines below warn', () => {
  it('wait for one another, and are written soon without more', async () => {
    const { logger, read } = collect();
    for (const request_id of ['1', '2', '3']) logger.info('call', { request_id });
    expect(read()).toEqual([]);
    await pause(300);
    expect(read().map(({ request_id }) => request_id)).toEqual(['1', '2', '3']);
  });

  it('are written before a warning, which is written at once', () => {
    const { logger, read } = collect();
    logger.info('first');
    logger.warn('second');
    expect(read().map(({ body }) => body)).toEqual(['first', 'second']);
  });

  it('are written when there are many', () => {
    const { logger, read } = collect();
    for (let i = 0; i < 1_000; i++) logger.info('call', { reason: 'x'.repeat(400) });
    expect(read().length).toBeGreaterThan(100);
  });
});

describe('a reader that stopped reading', () => {
  let reader: Socket;
  let stream: Socket;
  const server = createServer({ pauseOnConnect: true });
  beforeEach(async () => {
    await once(server.listen(0, '127.0.0.1'), 'listening');
    stream = connect((server.address() as AddressInfo).port, '127.0.0.1');
    [reader] = (await once(server, 'connection')) as [Socket];
  });
  afterEach(async () => {
    stream.destroy();
    reader.destroy();
    await once(server.close(), 'close');
  });

  const KiB = 1024;
  const fill = async (write: () => void) => {
    for (let turn = 0; turn < 100; turn++) {
      for (let i = 0; i < 1000; i++) write();
      await new Promise(setImmediate);
    }
  };

  it('costs a bounded amount of memory; lines below warn are dropped and counted', async () => {
    let dropped = 0;
    const logger = createLogger({ service: 'user', level: 'info', stream, onDrop: () => dropped++ });
    const reason = 'x'.repeat(400);
    await fill(() => logger.info('call', { reason }));
    expect(dropped).toBeGreaterThan(50_000);
    expect(stream.writableLength).toBeLessThan(1025 * KiB);

    const before = dropped;
    logger.error('still told');
    expect(dropped).toBe(before);
    await fill(() => logger.error('call', { reason }));
    expect(stream.writableLength).toBeLessThan(8193 * KiB);
    expect(dropped).toBeGreaterThan(before);
  });

  it('and went away costs the lines, which are counted, and nothing else', async () => {
    let dropped = 0;
    const logger = createLogger({ service: 'user', level: 'info', stream, onDrop: () => dropped++ });
    reader.destroy();
    while (!stream.destroyed) {
      logger.info('call', { reason: 'x'.repeat(400) });
      await new Promise(setImmediate);
    }
    logger.error('nobody hears this');
    expect(dropped).toBe(1);
    await logger.flush(60_000);
  });

  it('is waited for at the end, so that no line that was kept is lost, but not for ever', async () => {
    const logger = createLogger({ service: 'user', level: 'info', stream });
    await fill(() => logger.info('call', { reason: 'x'.repeat(400) }));
    logger.error('the last one');
    await logger.flush(20);
    expect(stream.writableLength).toBeGreaterThan(0);
    let text = '';
    reader.on('data', (data: Buffer) => (text += data.toString())).resume();
    await logger.flush(60_000);
    expect(stream.writableLength).toBe(0);
    while (!text.includes('the last one')) await once(reader, 'data');
  });

  it('gets what was kept when it reads on, and new lines after that', async () => {
    let dropped = 0;
    const logger = createLogger({ service: 'user', level: 'info', stream, onDrop: () => dropped++ });
    await fill(() => logger.info('call', { reason: 'x'.repeat(400) }));
    logger.error('in between');
    let text = '';
    reader.on('data', (data: Buffer) => (text += data.toString())).resume();
    while (stream.writableLength > 0) await once(stream, 'drain');
    const before = dropped;
    logger.info('after');
    while (!text.includes('after')) await once(reader, 'data');
    expect(dropped).toBe(before);
    const messages = text
      .split('\n')
      .slice(0, -1)
      .map((line) => (JSON.parse(line) as { body: string }).body);
    expect(messages.slice(-2)).toEqual(['in between', 'after']);
    expect(messages.length + dropped).toBe(100_002);
  });
});
