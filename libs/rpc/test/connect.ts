import { Client, credentials, Metadata } from '@grpc/grpc-js';
import type { AppError } from '@gatehouse/errors';
import { createChannel, createClient, type RpcCall, type RpcChannelOptions, type RpcService } from '../src';
import { startTestServer, type TestServer } from '../src/testing';
import { descriptorSet } from './gen/descriptor-set';
import { type ActRequest, type ActResponse, TestServiceDefinition } from './gen/test/v1/test';

export type Act = (request: ActRequest, call: RpcCall) => Promise<ActResponse>;
export const toService = (act: Act): RpcService<typeof TestServiceDefinition> => ({ act, look: act });
export const descriptorSets = [descriptorSet];

const closing: (() => unknown)[] = [];
/** Closes with the test that is running, last opened first. */
export const closeLater = (close: () => unknown): number => closing.push(close);
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** Serves both methods of the test contract by one function. */
export async function serve(act: Act, options: Partial<Parameters<typeof startTestServer>[2]> = {}): Promise<TestServer> {
  const server = await startTestServer(TestServiceDefinition, toService(act), { descriptorSets, ...options });
  closeLater(() => server.close());
  return server;
}

/** A typed client on a channel of its own. */
export function connect(target: string, options: Partial<RpcChannelOptions> = {}) {
  const channel = createChannel({ target, descriptorSets, ...options });
  closeLater(() => channel.close());
  return createClient(TestServiceDefinition, channel);
}

/** A plain grpc-js call with bytes of its own, as a foreign client would make it. */
export function callRaw(target: string, bytes: Buffer, metadata = new Metadata()): Promise<Buffer> {
  const client = new Client(target, credentials.createInsecure());
  closeLater(() => client.close());
  const same = (value: Buffer) => value;
  return new Promise((resolve, reject) =>
    client.makeUnaryRequest('/test.v1.TestService/Act', same, same, bytes, metadata, { deadline: Date.now() + 5_000 }, (error, answer) =>
      error ? reject(error) : resolve(answer!),
    ),
  );
}

/** What a promise is rejected with. */
export const caught = <E = AppError>(promise: Promise<unknown>): Promise<E> =>
  promise.then(
    () => Promise.reject(new Error('the call succeeded')),
    (error) => error,
  );

export const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
