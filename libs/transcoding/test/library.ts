import { createChannel, type RpcCall, type RpcService } from '@gatehouse/rpc';
import { startTestServer } from '@gatehouse/rpc/testing';
import fastify, { type FastifyServerOptions } from 'fastify';
import { connect } from 'node:net';
import { createTranscoder, type HttpExchange, type HttpOutcome, type TranscodingOptions } from '../src';
import { descriptorSet } from './gen/library/descriptor-set';
import { Book, LibraryServiceDefinition } from './gen/library/test/transcoding/v1/library';

/** A request and how it ended. */
export type Observed = HttpExchange & HttpOutcome;

/** The library's contract over HTTP, in front of a real gRPC server. */
export interface Library {
  readonly url: string;
  /** Requests that reached the service, latest last. */
  readonly calls: { method: string; request: Record<string, unknown>; call: RpcCall }[];
  readonly observed: Observed[];
  /** Sends the text as it is, and gives all that comes back until the connection is closed. */
  raw(text: string): Promise<string>;
  close(): Promise<void>;
}

export async function startLibrary(options: Partial<TranscodingOptions> = {}, serverOptions: FastifyServerOptions = {}): Promise<Library> {
  const calls: Library['calls'] = [];
  const observed: Observed[] = [];
  const handle = async (request: unknown, call: RpcCall) => {
    calls.push({ method: call.method.name, request: request as Record<string, unknown>, call });
    return (call.method.name === 'SearchBooks' ? { books: [], seen: '' } : Book.fromPartial({ title: 'Emma' })) as never;
  };
  const service = Object.fromEntries(
    Object.keys(LibraryServiceDefinition.methods).map((name) => [name, handle]),
  ) as unknown as RpcService<LibraryServiceDefinition>;
  const server = await startTestServer(LibraryServiceDefinition, service, { descriptorSets: [descriptorSet] });
  const channel = createChannel({ target: server.target, descriptorSets: [descriptorSet] });
  const app = fastify({ bodyLimit: 100_000, rewriteUrl: () => '/', ...serverOptions });
  const observer = {
    start: (exchange: HttpExchange) => ({ run: <T>(work: () => T) => work(), end: (outcome: HttpOutcome) => void observed.push({ ...exchange, ...outcome }) }),
  };
  createTranscoder({ descriptors: descriptorSet, upstreams: new Map([['test.transcoding.v1', channel]]), observer, ...options }).register(app);
  await app.listen({ port: 0, host: '127.0.0.1' });
  const { port } = app.server.address() as { port: number };
  return {
    url: `http://127.0.0.1:${port}`,
    calls,
    observed,
    raw: (text) =>
      new Promise((resolve, reject) => {
        let answer = '';
        const socket = connect(port, '127.0.0.1', () => socket.write(text, 'latin1'));
        socket
          .on('data', (chunk) => (answer += chunk))
          .on('close', () => resolve(answer))
          .on('error', reject);
      }),
    async close() {
      await app.close();
      channel.close();
      await server.close();
    },
  };
}

export const until = async (condition: () => boolean): Promise<void> => {
  for (const start = Date.now(); !condition(); await new Promise((resolve) => setTimeout(resolve, 5)))
    if (Date.now() - start > 5_000) throw new Error('it did not happen within 5 s');
};
