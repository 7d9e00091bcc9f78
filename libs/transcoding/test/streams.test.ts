import { request } from 'node:http';
import { connect as connectHttp2 } from 'node:http2';
import { connect } from 'node:net';
import { startWarehouse, until, type Warehouse } from './warehouse';

let warehouse: Warehouse;
beforeEach(async () => (warehouse = await startWarehouse()));
afterEach(() => warehouse.close());

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const events = { accept: 'text/event-stream' };
const watch = (query: string, init: RequestInit = {}) => fetch(`${warehouse.url}/w1/items:watch?${query}`, init);
const linesOf = (text: string) =>
  text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
const change = (number: number) => ({ number: String(number), change: `change ${number}` });

describe('a stream of responses', () => {
  it('is a line of JSON each, in order', async () => {
    const response = await watch('limit=3');
    expect([response.status, response.headers.get('content-type'), response.headers.get('content-length')]).toEqual([200, 'application/x-ndjson', null]);
    expect(linesOf(await response.text())).toEqual([1, 2, 3].map((number) => ({ result: change(number) })));
  });

  it('is server-sent events where the caller would rather have them, with ids, and an end', async () => {
    const response = await watch('limit=2', { headers: events });
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    expect(await response.text()).toBe(
      'id: 1\ndata: {"number":"1","change":"change 1"}\n\nid: 2\ndata: {"number":"2","change":"change 2"}\n\nevent: end\ndata: {}\n\n',
    );
  });

  it.each([
    ['application/x-ndjson', 'application/x-ndjson'],
    ['*/*', 'application/x-ndjson'],
    ['text/event-stream;q=0.5, application/x-ndjson', 'application/x-ndjson'],
    ['text/event-stream, application/json;q=0.9', 'text/event-stream'],
    ['text/event-stream;q=0', 'application/x-ndjson'],
    ['text/event-stream;q=0.1, */*', 'application/x-ndjson'],
    ['text/event-stream, */*', 'text/event-stream'],
  ])('for a caller that accepts %s is %s', async (accept, type) =>
    expect((await watch('limit=1', { headers: { accept } })).headers.get('content-type')).toBe(type),
  );

  it('is taken up again behind the last event that the caller saw, whatever the address says', async () => {
    const response = await watch('limit=2&after=1', { headers: { ...events, 'last-event-id': '41' } });
    expect(await response.text()).toMatch(/^id: 42\n/);
    const refused = await watch('limit=2', { headers: { ...events, 'last-event-id': 'yesterday' } });
    expect([refused.status, await refused.json()]).toEqual([
      400,
      expect.objectContaining({ reason: 'REQUEST_UNREADABLE', violations: [expect.objectContaining({ field: 'after' })] }),
    ]);
  });

  it('that fails before its first message is a problem like any other', async () => {
    for (const headers of [events, {}]) {
      const response = await watch('behavior=refuse', { headers });
      expect([response.status, response.headers.get('content-type'), ((await response.json()) as { reason: string }).reason]).toEqual([
        400,
        'application/problem+json',
        'SHELF_LOCKED',
      ]);
    }
  });

  it('that fails later ends with a frame that is the problem', async () => {
    const lines = linesOf(await (await watch('limit=2&behavior=break')).text());
    expect(lines).toHaveLength(3);
    expect(lines[2]).toEqual({
      error: expect.objectContaining({ code: 'FAILED_PRECONDITION', reason: 'SHELF_LOCKED', requestId: expect.any(String), status: 400 }),
    });
    const text = await (await watch('limit=1&behavior=break', { headers: events })).text();
    expect(text).toMatch(/^id: 1\ndata: .*\n\nevent: problem\ndata: \{"type":.*\}\n\n$/);
    await until(() => warehouse.observed.length === 2);
    expect(warehouse.observed.map(({ status, route, error }) => [status, route, error?.reason])).toEqual([
      [200, '/w1/items:watch', 'SHELF_LOCKED'],
      [200, '/w1/items:watch', 'SHELF_LOCKED'],
    ]);
  });

  it('begins though nothing has happened yet, and says that it is alive', async () => {
    const begin = Date.now();
    const response = await watch('limit=1&behavior=silent', { headers: events });
    expect(Date.now() - begin).toBeLessThan(1_000);
    const text = await response.text();
    expect(text.match(/^:$/gm)!.length).toBeGreaterThanOrEqual(2);
    expect(text).toContain('id: 1\n');
  });

  it('arrives message by message, and ends in the service within a second when its reader goes', async () => {
    const controller = new AbortController();
    const response = await watch('behavior=slow', { signal: controller.signal });
    const reader = response.body!.getReader();
    await reader.read();
    await reader.read();
    controller.abort();
    const begin = Date.now();
    await until(() => warehouse.aborted.length > 0);
    expect(Date.now() - begin).toBeLessThan(1_000);
    expect(warehouse.aborted[0]).toMatchObject({ code: 'CANCELLED' });
    await until(() => warehouse.observed.length > 0);
    expect(warehouse.observed).toMatchObject([{ status: 499, error: { code: 'CANCELLED' } }]);
  });

  it('waits in the service for a reader that is slow', async () => {
    const socket = connect(warehouse.port, '127.0.0.1');
    socket.write('GET /w1/items:watch?behavior=fat HTTP/1.1\r\nHost: a\r\n\r\n');
    socket.pause();
    await until(() => warehouse.given.count > 5);
    await pause(500);
    const atRest = warehouse.given.count;
    await pause(500);
    expect(warehouse.given.count).toBe(atRest);
    expect(atRest).toBeLessThan(400);
    socket.resume();
    await until(() => warehouse.given.count > atRest + 100);
    socket.destroy();
    await until(() => warehouse.aborted.length > 0);
  });

  it('ends with a problem that says when to come back, when the server has to go', async () => {
    const [lines, sse] = [await watch('behavior=slow'), await watch('behavior=slow', { headers: events })];
    await pause(100);
    warehouse.end('streams');
    expect(linesOf(await lines.text()).at(-1)).toMatchObject({ error: { code: 'UNAVAILABLE', status: 503 } });
    expect(await sse.text()).toMatch(/retry: 0\nevent: problem\ndata: \{.*"status":503.*\}\n\n$/);
  });

  it('answers HEAD with its headers alone, and calls nothing on', async () => {
    const response = await watch('behavior=slow', { method: 'HEAD' });
    expect([response.status, response.headers.get('content-type'), await response.text()]).toEqual([200, 'application/x-ndjson', '']);
    await until(() => warehouse.aborted.length > 0);
  });
});

describe('a stream of requests', () => {
  const send = (body: string | ReadableStream, headers: Record<string, string> = {}) =>
    fetch(`${warehouse.url}/w1/shelves/a/items:import`, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/x-ndjson', ...headers },
      ...({ duplex: 'half' } as object),
    });

  it('is a line of JSON each, however it is cut into pieces; the path is in the first', async () => {
    const lines = [{ name: 'one' }, { name: 'tw\u00f6' }, { name: 'three' }].map((item) => JSON.stringify(item)).join('\r\n\n');
    const bytes = Buffer.from(lines);
    const pieces = new ReadableStream({
      async start(controller) {
        for (let index = 0; index < bytes.length; index += 3) {
          controller.enqueue(bytes.subarray(index, index + 3));
          if (index % 15 === 0) await pause(1);
        }
        controller.close();
      },
    });
    const response = await send(pieces);
    expect([response.status, await response.json()]).toEqual([200, { count: 3, names: ['shelves/a:one', ':tw\u00f6', ':three'] }]);
  });

  it('may have no request at all', async () => expect(await (await send('')).json()).toEqual({ count: 0, names: [] }));

  it.each([
    ['{"name":"a"}\n{"name":1}', ['[1].name: json.type']],
    ['{"name":"a"}\n{"name":"b"', ['[1]: json.syntax']],
    ['{"name":"a"}\n\n{"a":1,"a":2}', ['[1].a: json.syntax']],
    ['{"nothing":1}', ['[0].nothing: json.unknown_field']],
    ['[]', ['[0]: json.type']],
  ])('%j names what is wrong, and where', async (body, fields) => {
    const response = await send(body);
    const problem = (await response.json()) as { reason: string; violations: { field: string; reason: string }[] };
    expect([response.status, problem.reason, problem.violations.map(({ field, reason }) => `${field}: ${reason}`)]).toEqual([
      400,
      'REQUEST_UNREADABLE',
      fields,
    ]);
    await until(() => warehouse.aborted.length > 0);
  });

  it('with a line that is too long, or of another type, or compressed, is refused', async () => {
    expect((await send(`{"name":"${'a'.repeat(100_001)}"}`)).status).toBe(413);
    expect((await send('{}', { 'content-type': 'text/plain' })).status).toBe(415);
    expect((await send('{}', { 'content-encoding': 'gzip' })).status).toBe(415);
  });

  it('is answered when the service has heard enough', async () => {
    const answer = await new Promise<number>((resolve, reject) => {
      const upload = request(
        `${warehouse.url}/w1/shelves/a/items:import`,
        { method: 'POST', headers: { 'content-type': 'application/x-ndjson' } },
        (response) => resolve(response.statusCode!),
      );
      upload.on('error', reject);
      // it would go on for ever
      const timer = setInterval(() => upload.write('{"name":"refused"}\n'), 20);
      upload.on('close', () => clearInterval(timer));
      upload.on('response', () => upload.destroy());
    });
    expect(answer).toBe(400);
  });

  it('that breaks off is no shorter stream: the call is cancelled', async () => {
    const socket = connect(warehouse.port, '127.0.0.1');
    socket.write(
      'POST /w1/shelves/a/items:import HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\nf\r\n{"name":"half"}\r\n1\r\n\n\r\n',
    );
    await until(() => warehouse.given.count === 1);
    socket.destroy();
    await until(() => warehouse.aborted.length > 0);
    expect(warehouse.aborted[0]).toMatchObject({ code: 'CANCELLED' });
  });

  it('is held back by a service that is slow', async () => {
    let sent = 0;
    const line = Buffer.from(`{"name":"slow","title":"${'x'.repeat(60_000)}"}\n`);
    const socket = connect(warehouse.port, '127.0.0.1');
    socket.write('POST /w1/shelves/a/items:import HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-ndjson\r\nContent-Length: 1000000000\r\n\r\n');
    const push = () => {
      while (sent < 5_000 && socket.write(line)) sent++;
    };
    socket.on('drain', push);
    push();
    await pause(1_000);
    const atRest = sent;
    await pause(500);
    expect(sent).toBe(atRest);
    expect(atRest).toBeLessThan(500);
    socket.destroy();
  });
});

describe('a stream both ways', () => {
  it('answers each line before the next is sent, over HTTP/1.1 too', async () => {
    const heard: string[] = [];
    await new Promise<void>((resolve, reject) => {
      const talk = request(`${warehouse.url}/w1/rooms/a:talk`, { method: 'POST', headers: { 'content-type': 'application/x-ndjson' } }, (response) => {
        response.setEncoding('utf8');
        response.on('data', (text: string) => {
          heard.push(text);
          if (heard.length === 1) talk.write('{"text":"two"}\n');
          else talk.end();
        });
        response.on('end', resolve);
      });
      talk.on('error', reject);
      talk.write('{"text":"one"}\n');
    });
    expect(heard.map((line) => JSON.parse(line))).toEqual([{ result: { text: 'rooms/aone' } }, { result: { text: 'two' } }]);
  });

  it('ends with the problem that one of its lines is', async () => {
    const response = await fetch(`${warehouse.url}/w1/rooms/a:talk`, {
      method: 'POST',
      body: '{"text":"one"}\n{"text":1}\n',
      headers: { 'content-type': 'application/x-ndjson' },
    });
    const lines = linesOf(await response.text());
    expect(lines.at(-1).error ?? lines.at(-1)).toMatchObject({ status: 400, violations: [{ field: '[1].text' }] });
  });
});

describe('over HTTP/2', () => {
  const closing: (() => unknown)[] = [];
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
  });
  const open = async () => {
    const other = await startWarehouse({ http2: true });
    closing.push(() => other.close());
    const session = connectHttp2(other.url);
    session.on('error', () => {});
    closing.push(() => session.destroy());
    return { other, session };
  };

  it('a stream both ways answers each line before the next is sent', async () => {
    const { session } = await open();
    const stream = session.request({ ':method': 'POST', ':path': '/w1/rooms/a:talk', 'content-type': 'application/x-ndjson' }, { endStream: false });
    const heard: string[] = [];
    stream.setEncoding('utf8');
    await new Promise<void>((resolve) => {
      stream.on('data', (text: string) => {
        heard.push(text);
        if (heard.length === 3) stream.end();
        else stream.write(`{"text":"${heard.length}"}\n`);
      });
      stream.on('end', resolve);
      stream.write('{"text":"0"}\n');
    });
    expect(heard.map((line) => JSON.parse(line).result.text)).toEqual(['rooms/a0', '1', '2']);
  });

  it('a reader that goes cancels its call alone, and a slow one holds its service back', async () => {
    const { other, session } = await open();
    const slow = session.request({ ':path': '/w1/items:watch?behavior=fat' });
    const gone = session.request({ ':path': '/w1/items:watch?behavior=slow' });
    gone.on('error', () => {});
    await new Promise((resolve) => gone.once('data', resolve));
    gone.close(8);
    await until(() => other.aborted.length === 1);
    await pause(300);
    const atRest = other.given.count;
    await pause(300);
    expect(other.given.count).toBe(atRest);
    slow.resume();
    await until(() => other.given.count > atRest + 50);
    slow.on('error', () => {});
    slow.close(8);
  });

  it('what has one request and one answer is as ever', async () => {
    const { session } = await open();
    const stream = session.request({ ':path': '/w1/shelves/a/items/1', 'if-none-match': '"7"' });
    expect(await new Promise((resolve) => stream.on('response', (headers) => resolve(headers[':status'])))).toBe(304);
  });
});
