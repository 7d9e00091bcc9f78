import { internal } from '@gatehouse/contracts/api';
import { randomUUID } from 'node:crypto';
import type { RpcCallOptions, RpcChannel } from './channel';
import type { MethodDefinition, PartialMessage, RequestOf, ResponseOf, ServiceDefinition } from './definition';

type RequestInput<M extends MethodDefinition> = M['requestStream'] extends true ? AsyncIterable<PartialMessage<RequestOf<M>>> : PartialMessage<RequestOf<M>>;
type ResponseOutput<M extends MethodDefinition> = M['responseStream'] extends true ? AsyncIterable<ResponseOf<M>> : Promise<ResponseOf<M>>;

/** One function an RPC, async or, for a stream of responses, to be iterated. It throws the AppError that the service threw. */
export type RpcClient<D extends ServiceDefinition> = {
  [K in keyof D['methods']]: (request: RequestInput<D['methods'][K]>, options?: RpcCallOptions) => ResponseOutput<D['methods'][K]>;
};

export interface RpcClientOptions {
  /** Gives the bearer token that each call carries. */
  credentials?: () => Promise<string>;
}

/** A typed client of a service over a channel. */
export function createClient<D extends ServiceDefinition>(definition: D, channel: RpcChannel, { credentials }: RpcClientOptions = {}): RpcClient<D> {
  const withCredentials = async (options: RpcCallOptions): Promise<RpcCallOptions> =>
    credentials ? { ...options, metadata: { authorization: `Bearer ${await credentials()}`, ...options.metadata } } : options;
  const toMethod = (method: MethodDefinition) => {
    const name = { path: `${definition.fullName}/${method.name}`, service: definition.fullName, name: method.name };
    const encode = (request: unknown) => method.requestType.encode(method.requestType.fromPartial(request)).finish();
    const encodeAll = async function* (requests: AsyncIterable<unknown> | unknown) {
      if (!method.requestStream) yield encode(requests);
      else for await (const request of requests as AsyncIterable<unknown>) yield encode(request);
    };
    if (method.responseStream)
      return async function* (requests: unknown, options: RpcCallOptions = {}) {
        for await (const response of channel.stream(name, encodeAll(requests), await withCredentials(options))) yield decode(method, response);
      };
    if (method.requestStream)
      return async (requests: unknown, options: RpcCallOptions = {}) => decode(method, await channel.collect(name, encodeAll(requests), await withCredentials(options)));
    return async (request: unknown, options: RpcCallOptions = {}) => decode(method, await channel.unary(name, encode(request), await withCredentials(options)));
  };
  return Object.fromEntries(Object.entries(definition.methods).map(([key, method]) => [key, toMethod(method)])) as unknown as RpcClient<D>;
}

function decode(method: MethodDefinition, bytes: Uint8Array): unknown {
  try {
    return method.responseType.decode(bytes);
  } catch (cause) {
    throw internal({ error_id: randomUUID() }, { cause });
  }
}
