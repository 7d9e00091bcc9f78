import { randomUUID } from 'node:crypto';
import { AppError, type ErrorCode, type ErrorOptions } from './app-error';

/** What a contract declares of a reason (`gatehouse.api.v1.error`). */
export interface ErrorDeclaration {
  readonly code: ErrorCode;
  /** UPPER_SNAKE, unique in its domain. */
  readonly reason: string;
  readonly domain: string;
  /** A few words that name the reason, the same each time. */
  readonly title: string;
  /** What the caller reads; `{name}` is filled from the metadata. */
  readonly message: string;
  /** Whether the very same request may be sent again: nothing was done, or it is known by idempotency. */
  readonly retry: 'never' | 'safe' | 'if-idempotent';
  /** Names of the metadata values that it carries. */
  readonly metadata: readonly string[];
  /** The HTTP status where HTTP has a better one than the code's own. */
  readonly httpStatus?: number;
  /** By tag of BCP 47. */
  readonly translations?: Readonly<Record<string, { readonly title: string; readonly message: string }>>;
}

// made by itself: finds the error in the logs
const errorId = 'error_id';

/** The error of a declaration. */
export type ErrorOf<D extends ErrorDeclaration> = AppError<D['reason'], { readonly [Name in D['metadata'][number]]: string }>;
/** The errors of a map of declarations, as a union that a `switch` over `reason` can exhaust. */
export type ErrorsOf<Declarations extends Readonly<Record<string, ErrorDeclaration>>> = {
  [Reason in keyof Declarations]: ErrorOf<Declarations[Reason]>;
}[keyof Declarations];

type Given<D extends ErrorDeclaration> = Exclude<D['metadata'][number], typeof errorId>;
type ErrorParameters<D extends ErrorDeclaration> = [Given<D>] extends [never]
  ? [options?: ErrorOptions]
  : [metadata: { readonly [Name in Given<D>]: string }, options?: ErrorOptions];

/** Gives the constructor of a declared error: its metadata, where it has any, then the options. */
export function declareError<const D extends ErrorDeclaration>(declaration: D): (...parameters: ErrorParameters<D>) => ErrorOf<D> {
  const { code, reason, domain, message, httpStatus, metadata: names } = declaration;
  const hasId = names.includes(errorId);
  const isGiven = names.some((name) => name !== errorId);
  return (...parameters) => {
    const [given, options] = (isGiven ? parameters : [undefined, parameters[0]]) as [Record<string, string> | undefined, ErrorOptions | undefined];
    const metadata = hasId ? { ...given, [errorId]: randomUUID() } : given;
    const init = { code, reason, domain, httpStatus, ...options, message: fill(message, metadata), metadata, declaration };
    return new AppError(init) as unknown as ErrorOf<D>;
  };
}

/** A message with its metadata in it. */
export const fill = (message: string, metadata: Readonly<Record<string, string>> = {}): string =>
  message.includes('{') ? message.replace(/\{(\w+)\}/g, (text, name: string) => metadata[name] ?? text) : message;
