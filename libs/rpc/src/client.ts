import { internal, type PlatformError, platformErrors } from '@gatehouse/contracts/api';
import { type AppError, type ErrorDeclaration, type ErrorsOf, isAppError } from '@gatehouse/errors';
import type { RpcCallOptions, RpcChannel } from './channel';
import type { MethodDefinition, PartialMessage, RequestOf, ResponseOf, ServiceDefinition } from './definition';

/** The errors that a method of a definition may end with: those that its contract declares, and the platform's. */
export type RpcError<D extends ServiceDefinition, K extends keyof D['methods']> =
  D['errors'] extends Readonly<Record<K, infer E extends Readonly<Record<string, ErrorDeclaration>>>> ? ErrorsOf<E> | PlatformError : AppError;

type RequestInput<M extends MethodDefinition> = M['requestStream'] extends true ? AsyncIterable<PartialMessage<RequestOf<M>>> : PartialMessage<RequestOf<M>>;
type ResponseOutput<M extends MethodDefinition> = M['responseStream'] extends true ? AsyncIterable<ResponseOf<M>> : Promise<ResponseOf<M>>;

/**
 * An RPC as a function, async or, for a stream of responses, to be iterated. It throws the AppError that the service threw;
 * `errorOf` gives that its type.
 */
export interface RpcFunction<M extends MethodDefinition, E extends AppError> {
  (request: RequestInput<M>, options?: RpcCallOptions): ResponseOutput<M>;
  /** The errors that the contract declares for it, by their reasons; undefined where it declares none. */
  readonly errors: Readonly<Record<string, ErrorDeclaration>> | undefined;
  /** Stands for the type alone. */
  readonly error?: E;
}

/** One function an RPC. */
export type RpcClient<D extends ServiceDefinition> = { [K in keyof D['methods']]: RpcFunction<D['methods'][K], RpcError<D, K>> };

/**
 * What a call of an RPC threw, with the type that its contract gives it: a `switch` over `reason` knows the metadata of each,
 * and can be exhaustive.
 * @throws the very same where it is no error of the contract: a reason that a newer service knows, a defect of the caller
 */
export function errorOf<E extends AppError>(
  { errors }: { readonly errors: RpcFunction<MethodDefinition, E>['errors']; readonly error?: E },
  thrown: unknown,
): E {
  if (!isAppError(thrown)) throw thrown;
  const declared = (errors?.[thrown.reason] ?? platformErrors[thrown.reason as keyof typeof platformErrors]) as ErrorDeclaration | undefined;
  if (errors && declared?.domain !== thrown.domain) throw thrown;
  return thrown as E;
}

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
      return async (requests: unknown, options: RpcCallOptions = {}) =>
        decode(method, await channel.collect(name, encodeAll(requests), await withCredentials(options)));
    return async (request: unknown, options: RpcCallOptions = {}) => decode(method, await channel.unary(name, encode(request), await withCredentials(options)));
  };
  const { methods, errors } = definition;
  return Object.fromEntries(
    Object.entries(methods).map(([key, method]) => [key, Object.assign(toMethod(method), { errors: errors?.[key] })]),
  ) as unknown as RpcClient<D>;
}

function decode(method: MethodDefinition, bytes: Uint8Array): unknown {
  try {
    return method.responseType.decode(bytes);
  } catch (cause) {
    throw internal({ cause });
  }
}
