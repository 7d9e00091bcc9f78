import { AppError } from '@gatehouse/errors';
import { connect } from 'node:net';
import WebSocket from 'ws';
import { startWarehouse, until, type Warehouse } from './warehouse';

let warehouse: Warehouse;
beforeEach(async () => (warehouse = await startWarehouse()));
afterEach(() => warehouse.close());

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

interface Conversation {
  readonly socket: WebSocket;
  readonly heard: unknown[];
  /** The code and reason with which it was closed; the status with which it was refused. */
  readonly over: Promise<{ code: number; reason: string }>;
}
function open(path: string, { protocols = [], headers = {} }: { protocols?: string[]; headers?: Record<string, string> } = {}): Conversation {
  const socket = new WebSocket(`ws://127.0.0.1:${warehouse.port}${path}`, protocols, { headers });
  const heard: unknown[] = [];
  socket.on('message', (data) => heard.push(JSON.parse(String(data))));
  const over = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.on('close', (code, reason) => resolve({ code, reason: String(reason) }));
    socket.on('unexpected-response', (_request, response) => {
      let text = '';
      response.on('data', (chunk) => (text += chunk)).on('end', () => resolve({ code: response.statusCode!, reason: JSON.parse(text).reason }));
    });
    socket.on('error', () => {});
  });
  return { socket, heard, over };
}
const opened = (socket: WebSocket) => new Promise((resolve) => socket.on('open', resolve));

describe('a WebSocket', () => {
  it('carries a stream both ways, a frame a message, until an empty frame ends the requests', async () => {
    const { socket, heard, over } = open('/w1/rooms/a:talk');
    await opened(socket);
    socket.send('{"text":"one"}');
    await until(() => heard.length === 1);
    socket.send('{"text":"two"}');
    socket.send('');
    expect(await over).toEqual({ code: 1000, reason: '' });
    expect(heard).toEqual([{ result: { text: 'rooms/aone' } }, { result: { text: 'two' } }]);
    await until(() => warehouse.observed.length === 1);
    expect(warehouse.observed).toMatchObject([{ status: 101, route: '/w1/{room=rooms/*}:talk', error: undefined }]);
  });

  it('carries a stream of requests with one answer', async () => {
    const { socket, heard, over } = open('/w1/shelves/a/items:import');
    await opened(socket);
    for (const frame of ['{"name":"one"}', '{"name":"two"}', '']) socket.send(frame);
    expect((await over).code).toBe(1000);
    expect(heard).toEqual([{ result: { count: 2, names: ['shelves/a:one', ':two'] } }]);
  });

  it('carries a stream of responses, whose request is in its address', async () => {
    const { heard, over } = open('/w1/items:watch?limit=2&after=7');
    expect((await over).code).toBe(1000);
    expect(heard).toEqual([8, 9].map((number) => ({ result: { number: String(number), change: `change ${number}` } })));
  });

  it.each([
    ['{"text":"break"}', 1011],
    ['{"text":1}', 1007],
    ['{"text":"a","text":"b"}', 1007],
    ['text', 1007],
  ])('that is sent %s ends with the problem, and the code for it', async (frame, code) => {
    const { socket, heard, over } = open('/w1/rooms/a:talk');
    await opened(socket);
    socket.send(frame);
    const ended = await over;
    expect(heard).toEqual([{ error: expect.objectContaining({ status: 400, requestId: expect.any(String) }) }]);
    expect(ended.code).toBe(code);
  });

  it('takes text frames alone, and none that is too large', async () => {
    const binary = open('/w1/rooms/a:talk');
    await opened(binary.socket);
    binary.socket.send(Buffer.from([1, 2]));
    expect((await binary.over).code).toBe(1007);
    const large = open('/w1/rooms/a:talk');
    await opened(large.socket);
    large.socket.send(JSON.stringify({ text: 'x'.repeat(100_001) }));
    expect((await large.over).code).toBe(1009);
    expect((await fetch(`${warehouse.url}/w1/shelves/a/items/1`)).status).toBe(200);
  });

  it.each([
    ['/w1/nothing', 404, 'METHOD_UNKNOWN'],
    ['/w1/shelves/a/items/1', 404, 'METHOD_UNKNOWN'],
  ])('on %s, where there is no stream, is %i', async (path, code, reason) => {
    expect(await open(path).over).toEqual({ code, reason });
    await pause(50);
    expect(warehouse.observed.map(({ status }) => status)).toEqual([code]);
  });

  it('ends the call within a second when its other end goes', async () => {
    const { socket, heard } = open('/w1/items:watch?behavior=slow');
    await until(() => heard.length > 2);
    socket.terminate();
    const begin = Date.now();
    await until(() => warehouse.aborted.length > 0);
    expect(Date.now() - begin).toBeLessThan(1_000);
    expect(warehouse.aborted[0]).toMatchObject({ code: 'CANCELLED' });
  });

  it('is told when the server has to go', async () => {
    const { heard, over } = open('/w1/items:watch?behavior=slow');
    await until(() => heard.length > 2);
    warehouse.end('streams');
    expect(await over).toEqual({ code: 1013, reason: 'UNAVAILABLE' });
    expect(heard.at(-1)).toMatchObject({ error: { code: 'UNAVAILABLE' } });
  });

  it('waits in the service for a reader that is slow', async () => {
    const { socket } = open('/w1/items:watch?behavior=fat');
    await opened(socket);
    socket.pause();
    await pause(700);
    const atRest = warehouse.given.count;
    await pause(500);
    expect(warehouse.given.count).toBe(atRest);
    socket.resume();
    await until(() => warehouse.given.count > atRest + 50);
    socket.terminate();
  });
});

describe('the caller of a WebSocket', () => {
  const seen: (string | undefined)[] = [];
  beforeEach(async () => {
    await warehouse.close();
    seen.splice(0);
    warehouse = await startWarehouse({
      async authenticate(_method, authorization) {
        seen.push(authorization);
        if (authorization !== 'Bearer good') throw new AppError({ code: 'UNAUTHENTICATED', reason: 'TOKEN_INVALID', domain: 'gatehouse', message: 'no' });
      },
    });
  });

  it('is known by a header, or where none can be set by a subprotocol', async () => {
    expect((await open('/w1/items:watch?limit=1', { headers: { authorization: 'Bearer good' } }).over).code).toBe(1000);
    const { socket, over } = open('/w1/items:watch?limit=1', { protocols: ['json', 'bearer.good'] });
    expect((await over).code).toBe(1000);
    expect(socket.protocol).toBe('json');
    expect(seen).toEqual(['Bearer good', 'Bearer good']);
    expect(warehouse.calls.at(-1)?.call.metadata.get('authorization')).toBe('Bearer good');
  });

  it('is refused before the connection is one', async () => {
    expect(await open('/w1/items:watch').over).toEqual({ code: 401, reason: 'TOKEN_INVALID' });
    expect(await open('/w1/items:watch', { protocols: ['json', 'bearer.bad'] }).over).toEqual({ code: 401, reason: 'TOKEN_INVALID' });
  });
});

describe('a WebSocket whose other end does not go on', () => {
  const handshake = (path: string, ...headers: string[]) =>
    [
      `GET ${path} HTTP/1.1`,
      ...(headers.length ? headers : ['Host: a']),
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
      '',
      '',
    ].join('\r\n');
  /** A peer that writes, and neither reads to the end nor closes. */
  function dial(text: string) {
    const socket = connect({ port: warehouse.port, host: '127.0.0.1', allowHalfOpen: true }, () => socket.write(text));
    const seen = { answer: '', isOver: false };
    socket
      .on('data', (chunk) => (seen.answer += chunk))
      .on('close', () => (seen.isOver = true))
      .on('error', () => {});
    // a side that is half open hears of the end when it writes
    socket.on('end', () => setInterval(() => socket.write('x'), 50).unref());
    return { socket, seen };
  }

  it('is broken off once it was refused', async () => {
    const { seen } = dial(handshake('/w1/nothing'));
    await until(() => seen.answer.includes('METHOD_UNKNOWN'));
    await until(() => seen.isOver);
  });

  it('ends with its deadline, though it takes nothing of what it is told', async () => {
    const { socket } = open('/w1/items:watch?behavior=fat', { headers: { 'x-request-timeout': '1' } });
    await opened(socket);
    socket.pause();
    await until(() => warehouse.aborted.length === 1);
    await until(() => warehouse.observed.length === 1);
    expect(warehouse.observed).toMatchObject([{ status: 101, error: { code: 'DEADLINE_EXCEEDED' } }]);
    socket.terminate();
  });

  it('is broken off when the server ends everything', async () => {
    const { socket, seen } = dial(handshake('/w1/rooms/a:talk'));
    await until(() => seen.answer.includes('101 Switching'));
    socket.pause();
    warehouse.end('all');
    await until(() => warehouse.observed.length === 1);
    socket.resume();
    await until(() => seen.isOver);
  });

  it('counts as long as it is there, and then no more', async () => {
    await warehouse.close();
    warehouse = await startWarehouse({ maxInFlight: 1 });
    const first = open('/w1/rooms/a:talk');
    await opened(first.socket);
    expect(await open('/w1/rooms/a:talk').over).toEqual({ code: 429, reason: 'OVERLOADED' });
    expect((await fetch(`${warehouse.url}/w1/shelves/a/items/1`)).status).toBe(429);
    first.socket.terminate();
    await until(() => warehouse.aborted.length === 1);
    expect((await fetch(`${warehouse.url}/w1/shelves/a/items/1`)).status).toBe(200);
  });

  it.each([['Host: a', 'Host: b'], ['Host: a b/c'], ['Host: a', 'Content-Length: 5']])('is no WebSocket with %s %s', async (...headers) => {
    const { seen } = dial(handshake('/w1/rooms/a:talk', ...headers));
    await until(() => seen.answer.length > 0);
    expect(seen.answer).toMatch(/^HTTP\/1\.1 400 /);
  });
});

describe('another upgrade', () => {
  it('whose sender is gone before the answer does no harm', async () => {
    for (let index = 0; index < 50; index++) {
      const socket = connect(warehouse.port, '127.0.0.1', () => {
        socket.write(
          `GET /${index % 2 ? 'nothing' : 'w1/items:watch'} HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`,
        );
        setImmediate(() => socket.resetAndDestroy());
      });
      socket.on('error', () => {});
    }
    await pause(200);
    expect((await fetch(`${warehouse.url}/w1/shelves/a/items/1`)).status).toBe(200);
  });

  it('is passed over, and the request answered', async () => {
    const socket = connect(warehouse.port, '127.0.0.1');
    let answer = '';
    socket.on('data', (chunk) => (answer += chunk));
    socket.write(
      'GET /w1/shelves/a/items/1 HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA\r\n\r\n',
    );
    await until(() => answer.includes('"title"'));
    expect(answer).toMatch(/^HTTP\/1.1 200 OK/);
    socket.destroy();
  });

  it('to a WebSocket that is none is refused without harm', async () => {
    for (const headers of [
      'Upgrade: websocket\r\nConnection: Upgrade',
      'Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 12\r\nSec-WebSocket-Key: x',
    ]) {
      const socket = connect(warehouse.port, '127.0.0.1');
      let answer = '';
      socket.on('data', (chunk) => (answer += chunk));
      socket.write(`GET /w1/items:watch?limit=1 HTTP/1.1\r\nHost: a\r\n${headers}\r\n\r\n`);
      await until(() => answer.length > 0);
      expect(answer).toMatch(/^HTTP\/1.1 4\d\d/);
      socket.destroy();
    }
    expect((await fetch(`${warehouse.url}/w1/shelves/a/items/1`)).status).toBe(200);
  });
});
