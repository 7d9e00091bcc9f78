import { AppError } from '@gatehouse/errors';
import { createChannel, type RpcCall, type RpcMethod, type RpcService } from '@gatehouse/rpc';
import { startTestServer } from '@gatehouse/rpc/testing';
import fastify, { type FastifyInstance } from 'fastify';
import { createHash } from 'node:crypto';
import { asksForWebSocket, createTranscoder, type HttpExchange, type HttpOutcome, type MethodDescription, type TranscodingOptions } from '../src';
import { descriptorSet } from './gen/warehouse/descriptor-set';
import { type EchoMessage, ImportSummary, Item, ItemEvent, WarehouseServiceDefinition } from './gen/warehouse/test/warehouse/v1/warehouse';

type Service = RpcService<WarehouseServiceDefinition>;

/** What the warehouse saw of a call. */
export interface SeenCall {
  readonly method: string;
  readonly request: unknown;
  readonly call: RpcCall;
}

/** The warehouse's contract over HTTP, in front of a real gRPC server. */
export interface Warehouse {
  readonly url: string;
  readonly port: number;
  readonly calls: SeenCall[];
  readonly observed: (HttpExchange & HttpOutcome)[];
  /** How many messages its generators have given. */
  readonly given: { count: number };
  /** Reasons why its calls were aborted. */
  readonly aborted: AppError[];
  end(which: 'streams' | 'all'): void;
  close(): Promise<void>;
}

const descriptions: Readonly<Record<string, MethodDescription>> = {
  WatchItems: { cursor: { requestField: 'after', responseField: 'number' } },
  IssueToken: { acceptsForm: true },
};

const locked = () => new AppError({ code: 'FAILED_PRECONDITION', reason: 'SHELF_LOCKED', domain: 'warehouse.example', message: 'the shelf is locked' });
const stale = () => new AppError({ code: 'ABORTED', reason: 'STALE', domain: 'warehouse.example', message: 'somebody was here before' });
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const emma: Item = Item.fromPartial({ name: 'shelves/a/items/1', title: 'Lamp', count: 3n, etag: '"7"', barCode: '400' });

export async function startWarehouse(options: Partial<TranscodingOptions> & { http2?: boolean } = {}): Promise<Warehouse> {
  const { http2 = false, ...transcoding } = options;
  const calls: SeenCall[] = [];
  const observed: Warehouse['observed'] = [];
  const given = { count: 0 };
  const aborted: AppError[] = [];
  const see = (request: unknown, call: RpcCall) => {
    calls.push({ method: call.method.name, request, call });
    call.signal.addEventListener('abort', () => aborted.push(call.signal.reason));
  };
  const toInfo = (name: string, contentType: string, data: Buffer) => ({
    name,
    contentType,
    size: BigInt(data.length),
    sha256: createHash('sha256').update(data).digest('hex'),
  });
  const service: Service = {
    async getItem(request, call) {
      see(request, call);
      call.responseMetadata.set('x-shelf', 'a');
      call.responseMetadata.set('x-secret', 'b');
      return emma;
    },
    async updateItem(request, call) {
      see(request, call);
      if (request.item?.etag && request.item.etag !== emma.etag) throw stale();
      return { ...emma, etag: '"8"' };
    },
    async updateItemById(request, call) {
      see(request, call);
      return emma;
    },
    async deleteItem(request, call) {
      see(request, call);
      if (request.etag && request.etag !== emma.etag) throw stale();
      return {};
    },
    async createItem(request, call) {
      see(request, call);
      return emma;
    },
    async *watchItems(request, call) {
      see(request, call);
      const { behavior, limit } = request;
      if (behavior === 'refuse') throw locked();
      if (behavior === 'silent') await pause(1_500);
      for (let number = Number(request.after) + 1; number <= Number(request.after) + (limit || Infinity); number++) {
        given.count++;
        yield ItemEvent.fromPartial({ number: BigInt(number), change: behavior === 'fat' ? 'x'.repeat(60_000) : `change ${number}` });
        if (behavior === 'slow') await pause(20);
      }
      if (behavior === 'break') throw locked();
    },
    async importItems(requests, call) {
      const names: string[] = [];
      see(undefined, call);
      for await (const { name, parent } of requests) {
        names.push(`${parent}:${name}`);
        given.count++;
        if (name === 'refused') throw locked();
        if (name === 'slow') await pause(30_000);
      }
      return ImportSummary.fromPartial({ count: names.length, names });
    },
    async *talk(requests, call) {
      see(undefined, call);
      for await (const { room, text } of requests) {
        if (text === 'break') throw locked();
        yield { text: `${room}${text}` };
      }
    },
    async getFile({ name }, call) {
      see({ name }, call);
      return { contentType: name.endsWith('.txt') ? 'text/plain' : '', data: Buffer.from([0, 1, 255]), extensions: [] };
    },
    async *downloadFile({ name, megabytes }, call) {
      see({ name }, call);
      if (name === 'nothing') return;
      for (let index = 0; index < megabytes * 16; index++) {
        given.count++;
        yield { contentType: 'video/mp4', data: Buffer.alloc(65_536, index), extensions: [] };
        if (name === 'broken') throw locked();
      }
    },
    async putFile(request, call) {
      see(request, call);
      return toInfo(request.name, request.content?.contentType ?? '', request.content?.data ?? Buffer.alloc(0));
    },
    async uploadFile(requests, call) {
      see(undefined, call);
      let [name, contentType] = ['', ''];
      const chunks: Buffer[] = [];
      for await (const request of requests) {
        name ||= request.name;
        contentType ||= request.content?.contentType ?? '';
        chunks.push(request.content?.data ?? Buffer.alloc(0));
      }
      return toInfo(name, contentType, Buffer.concat(chunks));
    },
    async issueToken(request, call) {
      see(request, call);
      if (request.grantType !== 'client_credentials')
        throw new AppError({
          code: 'INVALID_ARGUMENT',
          reason: 'UNSUPPORTED_GRANT_TYPE',
          domain: 'warehouse.example',
          message: 'the grant type "x" is not known',
        });
      return { accessToken: 'abc' };
    },
    async echo(request: EchoMessage, call) {
      see(request, call);
      return request;
    },
  };
  const server = await startTestServer(WarehouseServiceDefinition, service, { descriptorSets: [descriptorSet], maxDeadlineMs: 600_000 });
  const channel = createChannel({ target: server.target, descriptorSets: [descriptorSet], errorDomains: ['warehouse.example'] });
  const common = { bodyLimit: 100_000, rewriteUrl: () => '/' };
  const app = http2
    ? (fastify({ ...common, http2: true }) as unknown as FastifyInstance)
    : fastify({ ...common, forceCloseConnections: true, http: { shouldUpgradeCallback: asksForWebSocket } });
  const observer = {
    start: (exchange: HttpExchange) => ({ run: <T>(work: () => T) => work(), end: (outcome: HttpOutcome) => void observed.push({ ...exchange, ...outcome }) }),
  };
  const transcoder = createTranscoder({
    descriptors: descriptorSet,
    upstreams: new Map([['test.warehouse.v1', channel]]),
    describe: (method: RpcMethod) => descriptions[method.name] ?? {},
    observer,
    heartbeatMs: 400,
    requestHeaders: ['x-tenant'],
    responseHeaders: ['x-shelf'],
    ...transcoding,
  });
  transcoder.register(app);
  await app.listen({ port: 0, host: '127.0.0.1' });
  const { port } = app.server.address() as { port: number };
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    calls,
    observed,
    given,
    aborted,
    end: (which) => transcoder.end(which),
    async close() {
      await app.close();
      channel.close();
      await server.close();
    },
  };
}

/** Waits, 5 s at most. */
export async function until(condition: () => boolean): Promise<void> {
  for (const start = Date.now(); !condition(); await pause(5)) if (Date.now() - start > 5_000) throw new Error('it did not happen within 5 s');
}

/** Sends JSON, or a body as it is, and reads JSON. */
export async function ask(url: string, method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
  const isText = typeof body === 'string' || body instanceof Uint8Array;
  const response = await fetch(url + path, {
    method,
    ...(body === undefined ? {} : { body: isText ? (body as string) : JSON.stringify(body) }),
    headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
  });
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    text,
    body: /json$/.test(response.headers.get('content-type') ?? '') && text ? JSON.parse(text) : undefined,
  };
}

export const fieldsOf = ({ body }: { body: { violations?: { field: string; reason: string }[] } }) =>
  (body.violations ?? []).map(({ field, reason }) => `${field}: ${reason}`);
