import type { ErrorDeclaration } from '@gatehouse/errors';

/** What a contract says of a method in options of its own, which the transcoder does not know. */
export interface MethodDescription {
  /** What a caller must hold; undefined where anyone may call. Shown in the OpenAPI document, and a sentence of it in the description. */
  readonly security?: { readonly scopes?: readonly string[]; readonly description?: string };
  /** The errors that the method may raise by itself, beside those that any method may. */
  readonly errors?: readonly ErrorDeclaration[];
  /** Where a stream of responses can be taken up again: the `Last-Event-ID` goes into one field, and the ids come from the other. */
  readonly cursor?: { readonly requestField: string; readonly responseField: string };
  /** A stream without a deadline of its own. */
  readonly isLongLived?: boolean;
  /** Also reads application/x-www-form-urlencoded, and answers errors as RFC 6749 §5.2 does. */
  readonly acceptsForm?: boolean;
  /** For how long anybody may keep what it answers to GET (RFC 9111 §5.2.2), and give it while it is asked for anew (RFC 5861 §3). Seconds. */
  readonly cache?: { readonly maxAge: number; readonly staleWhileRevalidate: number };
}
