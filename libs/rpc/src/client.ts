import { internal } from '@gatehouse/contracts/api';
import { randomUUID } from 'node:crypto';
import type { RpcCallOptions, RpcChannel } from './channel';
import type { MethodDefinition, PartialMessage, RequestOf, ResponseOf, ServiceDefinition } from './definition';

/** One async function an RPC. It throws the AppError that the service threw. */
export type RpcClient<D extends ServiceDefinition> = {
  [K in keyof D['methods']]: (request: PartialMessage<RequestOf<D['methods'][K]>>, options?: RpcCallOptions) => Promise<ResponseOf<D['methods'][K]>>;
};

export interface RpcClientOptions {
  /** Gives the bearer token that each call carries. */
  credentials?: () => Promise<string>;
}

/** A typed client of a service over a channel. */
export function createClient<D extends ServiceDefinition>(definition: D, channel: RpcChannel, { credentials }: RpcClientOptions = {}): RpcClient<D> {
  const toMethod = (method: MethodDefinition) => {
    const name = { path: `${definition.fullName}/${method.name}`, service: definition.fullName, name: method.name };
    return async (request: unknown, options: RpcCallOptions = {}) => {
      const bytes = method.requestType.encode(method.requestType.fromPartial(request)).finish();
      const authorization = credentials && { authorization: `Bearer ${await credentials()}` };
      const response = await channel.unary(name, bytes, { ...options, metadata: { ...authorization, ...options.metadata } });
      try {
        return method.responseType.decode(response);
      } catch (cause) {
        throw internal({ error_id: randomUUID() }, { cause });
      }
    };
  };
  return Object.fromEntries(Object.entries(definition.methods).map(([key, method]) => [key, toMethod(method)])) as RpcClient<D>;
}
