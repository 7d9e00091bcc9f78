import type { AppError } from '@gatehouse/errors';
import type { IncomingHttpHeaders } from 'node:http';

/** An HTTP request as it came in. */
export interface HttpExchange {
  readonly method: string;
  readonly path: string;
  readonly requestId: string;
  readonly headers: IncomingHttpHeaders;
  /** How it came to this process: TLS or not. */
  readonly scheme?: 'http' | 'https';
  /** Of HTTP: `1.1`, `2`. */
  readonly protocolVersion?: string;
}

/** How an HTTP request ended. */
export interface HttpOutcome {
  readonly status: number;
  /** Path template of the route; undefined when there is none. */
  readonly route: string | undefined;
  readonly error?: AppError;
  /** Who made it, if it was found out. */
  readonly caller?: HttpCaller;
  /** The values of the request that the contract calls sensitive or personal. */
  readonly confidential?: () => readonly string[];
}

/** Who makes a request. */
export type HttpCaller = { readonly kind: 'user'; readonly id: string } | { readonly kind: 'service'; readonly name: string } | { readonly kind: 'anonymous' };

/** What watches one request. */
export interface HttpObservation {
  readonly traceId?: string;
  /** Header of that name which tells the caller the trace (W3C Trace Context, response header, a draft), in the form of `traceparent`. */
  readonly traceresponse?: string;
  /** Runs `work` as part of the request, so that the calls it makes belong to its trace. */
  run<T>(work: () => T): T;
  /** Told when it is refused because too many are being answered: in all, or on its connection. */
  shed?(reason: 'overflow' | 'flood'): void;
  end(outcome: HttpOutcome): void;
}

/** Watches every HTTP request, also those that match no route. */
export interface HttpObserver {
  start(exchange: HttpExchange): HttpObservation;
}
