import type { FileRegistry, Message } from '@bufbuild/protobuf';
import type { AppError } from '@gatehouse/errors';
import type { RpcCallOptions, RpcChannel, RpcMethod } from '@gatehouse/rpc';
import type { IncomingHttpHeaders } from 'node:http';
import { type CallPolicy, findTimeout, toMetadata } from './call-options';
import type { MethodDescription } from './method-description';
import type { HttpCaller, HttpObservation } from './observer';
import type { Rendered } from './render';
import type { RequestTarget } from './request-target';
import type { Route } from './route';

/** A route with all that it takes to serve it. */
export interface ServedRoute extends Route {
  readonly description: MethodDescription;
  readonly channel: RpcChannel;
  readonly render: (bytes: Uint8Array) => Rendered;
}

/** Whether any number of messages goes either way. */
export const isStream = ({ rpc }: Pick<Route, 'rpc'>): boolean => rpc.requestStream || rpc.responseStream;

/** What all requests share. */
export interface Serving {
  readonly registry: FileRegistry;
  readonly policy: CallPolicy;
  /** How long a stream of events may be silent until it says that it is alive. Milliseconds. */
  readonly heartbeatMs: number;
  readonly authenticate: (method: RpcMethod, authorization: string | undefined) => Promise<HttpCaller | void>;
}

/** What is kept of a request while it is answered. */
export interface Exchange {
  readonly requestId: string;
  readonly observation: HttpObservation | undefined;
  readonly target: RequestTarget;
  readonly headers: IncomingHttpHeaders;
  /** What the server knows of the client, as metadata. */
  readonly ownMetadata: Readonly<Record<string, string>>;
  /** Aborted when the caller goes away before the answer is complete, or when a stream has to end. */
  readonly gone: AbortController;
  found?: { readonly route: ServedRoute; readonly variables: readonly string[] };
  error?: AppError;
  caller?: HttpCaller;
  /** What was read of the request's body, path and query. */
  message?: Message;
}

/** Throws unless the caller of an exchange may knock; who it is, is kept with it. */
export async function knock(exchange: Exchange, method: RpcMethod, authenticate: Serving['authenticate']): Promise<void> {
  exchange.caller = (await authenticate(method, exchange.headers.authorization)) ?? undefined;
}

/** How the call of an exchange is made. */
export function toCallOptions({ headers, ownMetadata, requestId, gone }: Exchange, route: ServedRoute, policy: CallPolicy): RpcCallOptions {
  const usual = !isStream(route) ? policy.deadlineMs : route.description.isLongLived ? undefined : policy.maxDeadlineMs;
  const deadlineMs = findTimeout(headers, policy) ?? usual;
  return { signal: gone.signal, metadata: { ...toMetadata(headers, requestId, policy), ...ownMetadata }, ...(deadlineMs === undefined ? {} : { deadlineMs }) };
}
