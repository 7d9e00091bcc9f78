import { fromJson, type JsonObject, toBinary } from '@bufbuild/protobuf';
import { descriptorSet as authContract } from '@gatehouse/contracts/auth';
import { descriptorSet as userContract } from '@gatehouse/contracts/user';
import { descriptorSet as verifierContract } from '@gatehouse/contracts/verifier';
import { isAppError, toHttpStatus } from '@gatehouse/errors';
import { createChannel, readMethods, type RpcCallOptions, type RpcMethod } from '@gatehouse/rpc';
import type { Gatehouse } from './gatehouse';
import { type Answer, send } from './http';
import { httpRuleOf, toHttpRequest } from './http-rules';

export const contracts = [userContract, authContract, verifierContract];
export const methods = readMethods(contracts).filter(({ service }) => service.startsWith('gatehouse.'));
/** `UserService.GetUser`. */
export const nameOf = ({ descriptor, name }: RpcMethod): string => `${descriptor.parent.name}.${name}`;
const methodOf = (name: string): RpcMethod => methods.find((method) => nameOf(method) === name)!;
/** The methods that have a route. */
export const routed: readonly string[] = methods.filter(httpRuleOf).map(nameOf);

/** What a caller can see of an error, whichever way it came. */
export interface SeenError {
  readonly code: string;
  readonly reason: string;
  readonly domain: string;
  readonly message: string;
  /** Names of the metadata. */
  readonly metadata: readonly string[];
  readonly violations: readonly unknown[];
  /** Whether it says when to try again. */
  readonly tellsDelay: boolean;
  readonly status: number;
}

export interface CallOptions {
  readonly token?: string;
  readonly deadlineMs?: number;
  readonly signal?: AbortSignal;
  /** Sent in the place of the request: by gRPC these bytes, by HTTP this body. */
  readonly raw?: { readonly bytes: Uint8Array; readonly body: string };
}

/** Calls the services directly, by gRPC. */
export function createGrpcCaller({ ports }: Gatehouse) {
  // without contracts it tries nothing again: each call is one, and its error the first
  const open = (port: number) => createChannel({ target: `127.0.0.1:${port}`, descriptorSets: [] });
  const channels = { user: open(ports.userGrpc), auth: open(ports.authGrpc) };
  const channelOf = ({ service }: RpcMethod) => (service.startsWith('gatehouse.user.') ? channels.user : channels.auth);
  return {
    async call(name: string, request: JsonObject, { token, deadlineMs, signal, raw }: CallOptions = {}): Promise<SeenError | undefined> {
      const method = methodOf(name);
      const channel = channelOf(method);
      const bytes = raw?.bytes ?? toBinary(method.descriptor.input, fromJson(method.descriptor.input, request));
      const options: RpcCallOptions = { deadlineMs, signal, metadata: token ? { authorization: `Bearer ${token}` } : {} };
      try {
        if (!method.requestStream && !method.responseStream) await channel.unary(method, bytes, options);
        // of a stream the first response tells whether it is given
        else for await (const _ of channel.stream(method, toStream(bytes), options)) break;
        return undefined;
      } catch (error) {
        if (!isAppError(error)) throw error;
        const { code, reason, domain, message, metadata, violations, retryDelayMs } = error;
        return {
          code,
          reason,
          domain,
          message,
          metadata: Object.keys(metadata).sort(),
          violations,
          tellsDelay: retryDelayMs !== undefined,
          status: toHttpStatus(error),
        };
      }
    },
    /** Keeps a stream of requests open behind its first response, for as long as `work` takes. */
    async whileOpen(name: string, request: JsonObject, { token }: CallOptions, work: () => Promise<void>): Promise<void> {
      const method = methodOf(name);
      const ended = Promise.withResolvers<void>();
      const requests = async function* () {
        yield toBinary(method.descriptor.input, fromJson(method.descriptor.input, request));
        await ended.promise;
      };
      for await (const _ of channelOf(method).stream(method, requests(), { metadata: { authorization: `Bearer ${token}` } })) {
        await work().finally(ended.resolve);
        break;
      }
    },
    close: () => Object.values(channels).forEach((channel) => channel.close()),
  };
}

async function* toStream(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

/** Makes the same call by HTTP, through the gateway. */
export function callByHttp(url: string, name: string, request: JsonObject, { token, deadlineMs, signal, raw }: CallOptions = {}): Promise<Answer> {
  const rpc = methodOf(name);
  const { method, path, body } = toHttpRequest(rpc, request);
  const headers = {
    ...(deadlineMs === undefined ? {} : { 'x-request-timeout': String(deadlineMs / 1000) }),
    ...(raw ? { 'content-type': 'application/json' } : {}),
    ...(rpc.requestStream ? { 'content-type': 'application/x-ndjson' } : {}),
  };
  return send(url, method, path, { body: raw?.body ?? body, token, headers, signal });
}

/** What a problem document says, in the same words as `call`. */
export function toSeen({ status, headers, body }: Pick<Answer, 'status' | 'headers' | 'body'>): SeenError {
  const { code, reason, domain, detail: message, metadata = {}, violations = [] } = body;
  return { code, reason, domain, message, metadata: Object.keys(metadata).sort(), violations, tellsDelay: headers.has('retry-after'), status };
}
