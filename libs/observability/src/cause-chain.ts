const maxCauses = 8;
const maxFrames = 6;
const maxLength = 1024;

/** One error as the log shows it. */
export interface LoggedError {
  readonly type: string;
  readonly message?: string;
  /** SQLSTATE, errno name or gRPC code. */
  readonly code?: string | number;
  readonly stack?: readonly string[];
}

/** An error and what led to it, outermost first, at most eight. Messages are redacted; nothing else of an error is told. */
export function toCauseChain(error: unknown): readonly LoggedError[] {
  const chain: LoggedError[] = [];
  for (let cause = error; cause !== undefined && chain.length < maxCauses; cause = (cause as Error).cause) {
    // a thrown string or object may hold anything
    if (!(cause instanceof Error)) return [...chain, { type: cause === null ? 'null' : typeof cause }];
    chain.push(toLoggedError(cause));
  }
  return chain;
}

function toLoggedError(error: Error): LoggedError {
  const { code } = error as { code?: unknown };
  const hasCode = typeof code === 'string' || typeof code === 'number';
  // frames alone: what is above them repeats the message
  const { message, stack = '' } = error;
  const frames = stack.slice(stack.indexOf(message) + message.length).split('\n').filter((line) => /^ {4}at .*[\d)>]$/.test(line));
  return {
    type: error.name,
    message: redact(message.slice(0, maxLength), error.name === 'SyntaxError' || (typeof code === 'string' && /^22...$/.test(code))),
    ...(hasCode ? { code } : {}),
    stack: frames.slice(0, maxFrames).map((line) => line.trim()),
  };
}

const redacted = '[redacted]';
const secrets: readonly (readonly [RegExp, string])[] = [
  [/(\w:\/\/)[^\s/@]+@/g, `$1${redacted}@`], // user and password of a URL
  [/[^\s@"'<>()=:,;]+@[^\s@"'<>()=:,;/]+\.[^\s@"'<>()=:,;/]+/g, redacted], // email address
  [/\beyJ[\w-]+\.[\w.-]+/g, redacted], // JWT
  [/\b(bearer|basic) +[^\s"',;]+/gi, `$1 ${redacted}`],
];

/** A message without what other people's errors are known to quote. JSON.parse and SQLSTATE class 22 quote the very value. */
function redact(message: string, quotesValue: boolean): string {
  const unquoted = quotesValue ? message.replace(/["'][^]*["']/, redacted) : message;
  return secrets.reduce((text, [pattern, replacement]) => text.replace(pattern, replacement), unquoted);
}
