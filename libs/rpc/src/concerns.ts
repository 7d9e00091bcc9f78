import type { RpcInterceptor } from './call';

/**
 * What stands around the handler of a unary method, outermost first; the one list of it, which the documentation is drawn
 * from too. `observe` is what the observer brings: trace, metrics, access line. `peer` is there over mutual TLS alone, and
 * who is no peer takes no place.
 */
export const unaryConcerns = ['observe', 'errors', 'deadline', 'peer', 'admission', 'decode', 'authenticate', 'authorize', 'validate'] as const;

export type Concern = (typeof unaryConcerns)[number];

/** The same for a stream, which is known by its headers: it takes no place, and none of its messages is waited for, before. */
export const streamConcerns: readonly Concern[] = ['observe', 'errors', 'deadline', 'peer', 'authenticate', 'admission', 'decode', 'authorize', 'validate'];

/** Puts the interceptors of each concern into the order of the list. */
export const toInterceptors = (order: readonly Concern[], of: Readonly<Record<Concern, readonly RpcInterceptor[]>>): RpcInterceptor[] =>
  order.flatMap((concern) => of[concern]);
