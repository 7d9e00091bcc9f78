import type { BinaryReader, BinaryWriter } from '@bufbuild/protobuf/wire';
import type { ErrorDeclaration } from '@gatehouse/errors';
import type { RpcCall } from './call';

/** What ts-proto generates for a message. */
export interface MessageType<T> {
  encode(message: T, writer?: BinaryWriter): BinaryWriter;
  decode(input: BinaryReader | Uint8Array, length?: number): T;
  // ts-proto's own parameter type differs by message: any is what lets each of them fit
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  fromPartial(object: any): T;
}

/** A method of a ts-proto generic service definition. */
export interface MethodDefinition<Request = unknown, Response = unknown> {
  readonly name: string;
  readonly requestType: MessageType<Request>;
  readonly requestStream: boolean;
  readonly responseType: MessageType<Response>;
  readonly responseStream: boolean;
}

/** A ts-proto generic service definition (`outputServices=generic-definitions`). */
export interface ServiceDefinition {
  readonly fullName: string;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly methods: Readonly<Record<string, MethodDefinition<any, any>>>;
  /** By method, as in `methods`, then by reason: what the contract declares that it may raise. */
  readonly errors?: Readonly<Record<string, Readonly<Record<string, ErrorDeclaration>>>>;
}

export type RequestOf<M extends MethodDefinition> = M['requestType'] extends MessageType<infer T> ? T : never;
export type ResponseOf<M extends MethodDefinition> = M['responseType'] extends MessageType<infer T> ? T : never;

type Primitive = Date | Uint8Array | string | number | boolean | bigint | undefined;
/** A message with any of its fields left out. */
export type PartialMessage<T> = T extends Primitive
  ? T
  : T extends readonly (infer Item)[]
    ? readonly PartialMessage<Item>[]
    : T extends { $case: string }
      ? T
      : { [K in keyof T]?: PartialMessage<T[K]> };

/** What answers a method: an async function for one response, an async generator for a stream of them; a stream of requests is iterated. */
export type RpcHandler<M extends MethodDefinition> = (
  request: M['requestStream'] extends true ? AsyncIterable<RequestOf<M>> : RequestOf<M>,
  call: RpcCall,
) => M['responseStream'] extends true ? AsyncIterable<ResponseOf<M>> : Promise<ResponseOf<M>>;

/** What implements a service: one handler an RPC. A missing one does not compile. */
export type RpcService<D extends ServiceDefinition> = { [K in keyof D['methods']]: RpcHandler<D['methods'][K]> };

/** A handler whose types are those of a definition that is known only at run time. */
export type AnyHandler = (request: never, call: RpcCall) => Promise<unknown> | AsyncIterable<unknown>;

/** A definition together with what implements it. */
export interface RpcBinding {
  readonly definition: ServiceDefinition;
  readonly service: Readonly<Record<string, AnyHandler>>;
  /** Who may call over mutual TLS: names of certificates, DNS or URI. */
  readonly peers?: readonly string[];
}

/** Joins a definition and its implementation for `createRpcServer`, and who may call it over mutual TLS. */
export function bindService<D extends ServiceDefinition>(definition: D, service: RpcService<D>, peers?: readonly string[]): RpcBinding {
  return { definition, service: service as RpcBinding['service'], peers };
}
