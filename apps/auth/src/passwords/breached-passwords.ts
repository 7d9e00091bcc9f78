import { createHash } from 'node:crypto';
import { createTurns } from '../turns';

export interface BreachedPasswordsOptions {
  /** What a prefix is added to. */
  url: string;
  /** How long an answer is waited for. */
  timeoutMs: number;
  /** How long nothing is asked after `failuresToRest` failures one after the other. */
  restMs?: number;
  signal?: () => AbortSignal | undefined;
  observer?: BreachedPasswordsObserver;
}

/** What is told of asking for breached passwords. */
export interface BreachedPasswordsObserver {
  answered(): void;
  /** It could not be asked, or did not answer as it should. */
  failed(error: unknown): void;
}

/** Whether a password is known from a breach. @throws whatever keeps it from being known */
export type IsBreached = (password: string) => Promise<boolean>;

const prefixLength = 5;
// a padded answer has a thousand lines of 40 bytes
const maxBytes = 512 * 1_024;
const failuresToRest = 3;

/**
 * Asks for breached passwords by k-anonymity: the first five digits of a SHA-1 are told, which hundreds of passwords share, and
 * no more leaves the process (the range API of Have I Been Pwned, with padding). Where it fails again and again it is not asked for a while, so that
 * nobody waits for what is away.
 */
export function createBreachedPasswords({ url, timeoutMs, restMs = 30_000, signal = () => undefined, observer }: BreachedPasswordsOptions): IsBreached {
  const inTurn = createTurns({ concurrency: 8, maxWaiting: 64 });
  let failures = 0;
  let restsUntil = 0;

  const ask = async (prefix: string): Promise<ReadonlyMap<string, number>> => {
    const caller = signal();
    const timeout = AbortSignal.timeout(timeoutMs);
    const answer = await fetch(`${url.replace(/\/$/, '')}/${prefix}`, {
      headers: { 'add-padding': 'true', 'user-agent': 'gatehouse' },
      redirect: 'error',
      signal: caller ? AbortSignal.any([caller, timeout]) : timeout,
    });
    if (answer.status !== 200) {
      await answer.body?.cancel();
      throw new Error(`breached passwords were answered with status ${answer.status}`);
    }
    return readRange(await readText(answer));
  };
  const attempt = async (prefix: string): Promise<ReadonlyMap<string, number>> => {
    if (performance.now() < restsUntil) throw new Error('breached passwords are not asked for just now, since that failed before');
    try {
      const range = await ask(prefix);
      failures = 0;
      observer?.answered();
      return range;
    } catch (error) {
      signal()?.throwIfAborted(); // the caller is gone: that says nothing of who is asked
      if (++failures >= failuresToRest) restsUntil = performance.now() + restMs;
      observer?.failed(error);
      throw error;
    }
  };
  return async (password) => {
    // no secret rests on SHA-1 here: it is how the lists are kept
    const digest = createHash('sha1').update(password).digest('hex').toUpperCase();
    const range = await inTurn(() => attempt(digest.slice(0, prefixLength)), { signal: signal() });
    return (range.get(digest.slice(prefixLength)) ?? 0) > 0;
  };
}

/** @throws Error for more than an answer can have */
async function readText(answer: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of answer.body ?? []) {
    size += chunk.byteLength;
    if (size > maxBytes) throw new Error(`breached passwords were answered with more than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('latin1');
}

/** How often each is known, by the rest of its digest; what pads the answer, never. @throws Error for what is no answer */
function readRange(text: string): ReadonlyMap<string, number> {
  const lines = text.split(/\r?\n/).filter((line) => line !== '');
  const entries = lines.map((line) => /^([0-9A-F]{35}):(\d{1,12})$/i.exec(line));
  // each range has some hundred: none at all is a mirror without data
  if (!entries.length || entries.includes(null)) throw new Error('breached passwords were answered with something else');
  return new Map(entries.map((entry) => [entry![1]!.toUpperCase(), Number(entry![2])]));
}
