import { isAppError } from '@gatehouse/errors';
import { isQuoting } from './quoting-errors';

const maxCauses = 8;
const maxFrames = 6;
const maxLength = 1024;

/** One error as the log shows it; the names are those of OpenTelemetry's `exception`. */
export interface LoggedError {
  readonly type: string;
  readonly message?: string;
  /** SQLSTATE, errno name or gRPC code. */
  readonly code?: string | number;
  /** Frames, one a line. */
  readonly stacktrace?: string;
}

/**
 * An error and what led to it, outermost first, at most eight. Messages are redacted, and left out where one of the
 * `confidential` values is in them; nothing else of an error is told.
 * @param withFrames whether the stack is told: to read one costs the map of the bundle the first time, and a search in it each time
 */
export function toCauseChain(error: unknown, confidential: readonly string[] = [], withFrames = true): readonly LoggedError[] {
  const hidden = confidential.filter((value) => value !== '').map(fold);
  const chain: LoggedError[] = [];
  for (let cause = error; cause !== undefined && chain.length < maxCauses; cause = (cause as Error).cause) {
    // a thrown string or object may hold anything
    if (!(cause instanceof Error)) return [...chain, { type: cause === null ? 'null' : typeof cause }];
    chain.push(toLoggedError(cause, hidden, withFrames));
  }
  return chain;
}

function toLoggedError(error: Error, hidden: readonly string[], withFrames: boolean): LoggedError {
  const { code } = error as { code?: unknown };
  // who throws writes name and code, too: what is no name is not told
  const isCode = typeof code === 'number' || (typeof code === 'string' && /^[A-Z][A-Z0-9_]{0,62}$|^[0-9A-Z]{5}$/.test(code));
  const message = toMessage(error, hidden);
  const stacktrace = withFrames ? toFrames(error) : '';
  return {
    type: /^[A-Za-z_$][\w$.]{0,62}$/.test(error.name) && !isHidden(error.name, hidden) ? error.name : 'Error',
    ...(message === undefined ? {} : { message }),
    ...(isCode && !isHidden(String(code), hidden) ? { code } : {}),
    ...(stacktrace ? { stacktrace } : {}),
  };
}

/** The text of an error: of our own as their contract has it, with no value filled in; none of what is known to quote. */
function toMessage(error: Error, hidden: readonly string[]): string | undefined {
  if (isAppError(error)) return error.declaration?.message ?? (/^[A-Z][A-Z0-9_]{0,62}$/.test(error.reason) ? error.reason : undefined);
  const message = String(error.message);
  if (isQuoting(error)) return undefined;
  return isHidden(message, hidden) ? redacted : redact(message).slice(0, maxLength);
}

/** What came from outside may be written in another case or form than it came. */
const fold = (text: string) => text.normalize('NFC').toLowerCase();
const isHidden = (text: string, hidden: readonly string[]) => hidden.length > 0 && hidden.some((value) => fold(text).includes(value));

/** Frames alone: what stands above them repeats the message, and a message that is not found there may be anywhere. */
function toFrames({ message, stack }: Error): string {
  const text = typeof stack === 'string' ? stack : '';
  const begin = text.indexOf(message);
  if (begin === -1) return '';
  const frames = text
    .slice(begin + message.length)
    .split('\n')
    .filter((line) => /^ {4}at .*[\d)>]$/.test(line));
  return frames
    .slice(0, maxFrames)
    .map((line) => line.trim())
    .join('\n');
}

const redacted = '[redacted]';
const secrets: readonly (readonly [RegExp, string])[] = [
  [/(\w:\/\/)[^\s/@]+@/g, `$1${redacted}@`], // user and password of a URL
  [/[^\s@"'<>()=:,;]+@[^\s@"'<>()=:,;/]+\.[^\s@"'<>()=:,;/]+/g, redacted], // email address
  [/\beyJ[\w-]+\.[\w.-]+/g, redacted], // JWT
  [/\bghr_[\w-]+/g, redacted], // refresh token
  [/\b(bearer|basic) +[^\s"',;]+/gi, `$1 ${redacted}`],
];
// most texts have nothing of what these look for
const isSuspicious = /@|eyJ|ghr_|bearer|basic/i;

/** A text without what looks like an email address, a token or the password of a URL. */
export function redact(text: string): string {
  return isSuspicious.test(text) ? secrets.reduce((rest, [pattern, replacement]) => rest.replace(pattern, replacement), text) : text;
}
