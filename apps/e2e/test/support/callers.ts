import { fromJson, type JsonObject, toBinary } from '@bufbuild/protobuf';
import { descriptorSet as authContract } from '@gatehouse/contracts/auth';
import { descriptorSet as userContract } from '@gatehouse/contracts/user';
import { descriptorSet as verifierContract } from '@gatehouse/contracts/verifier';
import { isAppError, toHttpStatus } from '@gatehouse/errors';
import { createChannel, readMethods, type RpcMethod } from '@gatehouse/rpc';
import type { Gatehouse } from './gatehouse';
import { type Answer, send } from './http';

export const contracts = [userContract, authContract, verifierContract];
export const methods = readMethods(contracts).filter(({ service }) => service.startsWith('gatehouse.'));
/** `UserService.GetUser`. */
export const nameOf = ({ descriptor, name }: RpcMethod): string => `${descriptor.parent.name}.${name}`;
const methodOf = (name: string): RpcMethod => methods.find((method) => nameOf(method) === name)!;

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

/** Where a request goes by HTTP. */
const routes: Readonly<Record<string, (request: JsonObject) => { method: string; path: string; body?: unknown }>> = {
  'UserService.CreateUser': (body) => ({ method: 'POST', path: '/v1/users', body }),
  'UserService.GetUser': ({ id }) => ({ method: 'GET', path: `/v1/users/${id}` }),
  'UserService.ListUsers': (query) => ({ method: 'GET', path: `/v1/users?${new URLSearchParams(query as Record<string, string>)}` }),
  'UserService.UpdateUser': ({ user, ...query }) => {
    const { id, ...body } = user as JsonObject;
    return { method: 'PATCH', path: `/v1/users/${id}?${new URLSearchParams(query as Record<string, string>)}`, body };
  },
  'AuthService.SignUp': (body) => ({ method: 'POST', path: '/v1/auth/signup', body }),
  'AuthService.Login': (body) => ({ method: 'POST', path: '/v1/auth/login', body }),
  'AuthService.Refresh': (body) => ({ method: 'POST', path: '/v1/auth/refresh', body }),
  'AuthService.Logout': (body) => ({ method: 'POST', path: '/v1/auth/logout', body }),
  'VerifierService.GetJwks': () => ({ method: 'GET', path: '/.well-known/jwks.json' }),
};
export const routed = Object.keys(routes);

/** Calls the services directly, by gRPC. */
export function createGrpcCaller({ ports }: Gatehouse) {
  // without contracts it tries nothing again: each call is one, and its error the first
  const open = (port: number) => createChannel({ target: `127.0.0.1:${port}`, descriptorSets: [] });
  const channels = { user: open(ports.userGrpc), auth: open(ports.authGrpc) };
  return {
    async call(name: string, request: JsonObject, { token, deadlineMs, signal, raw }: CallOptions = {}): Promise<SeenError | undefined> {
      const method = methodOf(name);
      const channel = name.startsWith('UserService') ? channels.user : channels.auth;
      const bytes = raw?.bytes ?? toBinary(method.descriptor.input, fromJson(method.descriptor.input, request));
      try {
        await channel.unary(method, bytes, { deadlineMs, signal, metadata: token ? { authorization: `Bearer ${token}` } : {} });
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
    close: () => Object.values(channels).forEach((channel) => channel.close()),
  };
}

/** Makes the same call by HTTP, through the gateway. */
export function callByHttp(url: string, name: string, request: JsonObject, { token, deadlineMs, signal, raw }: CallOptions = {}): Promise<Answer> {
  const { method, path, body } = routes[name]!(request);
  const headers = {
    ...(deadlineMs === undefined ? {} : { 'x-request-timeout': String(deadlineMs / 1000) }),
    ...(raw ? { 'content-type': 'application/json' } : {}),
  };
  return send(url, method, path, { body: raw?.body ?? body, token, headers, signal });
}

/** What a problem document says, in the same words as `call`. */
export function toSeen({ status, headers, body }: Pick<Answer, 'status' | 'headers' | 'body'>): SeenError {
  const { code, reason, domain, detail: message, metadata = {}, violations = [] } = body;
  return { code, reason, domain, message, metadata: Object.keys(metadata).sort(), violations, tellsDelay: headers.has('retry-after'), status };
}
