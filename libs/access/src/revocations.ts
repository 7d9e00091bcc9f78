import { tokenExpired, tokenRevoked, unavailable } from '@gatehouse/contracts/api';
import type { Revocation, WatchRevocationsResponse } from '@gatehouse/contracts/verifier';
import type { AppError } from '@gatehouse/errors';
import { createRevocationEntries, type TokenMarks } from './revocation-entries';
import { createRevocationFeed, type RevocationFeedOptions } from './revocation-feed';

/** What is told of following what is revoked. */
export interface RevocationsObserver {
  /** Gives how many are held, and how long ago, in seconds, the feed was heard of last: undefined where it never was. */
  open(state: () => { readonly held: number; readonly ageSeconds: number | undefined; readonly isConnected: boolean }): void;
  /** One was applied, so many seconds after it was written. */
  applied(seconds: number): void;
  /** The oldest were given up for one that counts for everybody. */
  folded(count: number): void;
  connected(): void;
  /** It is not followed now; told of each attempt. */
  lost(error: unknown): void;
  /** VerifierService is of a release that tells nothing. */
  unknown(): void;
}

export interface RevocationsOptions extends Pick<RevocationFeedOptions, 'watch' | 'retryMs' | 'unknownRetryMs'> {
  /** What counts while the feed is lost: `open` goes on with what is known, `closed` verifies no token of a person. */
  failMode: 'open' | 'closed';
  /** How long a lost feed is waited for until `closed` counts. Milliseconds. */
  graceMs: number;
  /** How long a feed may be silent until it counts as lost. Milliseconds; 10,000 by default, as it is heard of each 2.5 s. */
  lostAfterMs?: number;
  observer?: RevocationsObserver;
  /** Told when a key was withdrawn. */
  onKeyWithdrawn?: () => void;
  /** How many revocations are held at most. Default: 250,000, about 25 MB; 200 a second make 192,000 where access tokens live for 15 minutes. */
  max?: number;
  /** Milliseconds since the epoch. */
  now?: () => number;
}

/** What was revoked of the tokens that have not expired. */
export interface Revocations {
  /** @throws tokenRevoked, tokenExpired for what is stale; unavailable while it cannot be known */
  check(marks: TokenMarks): void;
  /** Calls `end` once, with the error, as soon as the token is revoked; gives what ends the waiting. */
  whenRevoked(marks: TokenMarks, end: (error: AppError) => void): () => void;
}

/** The revocations of a process, and what they come by. */
export interface FollowedRevocations extends Revocations {
  start(): void;
  close(): Promise<void>;
  /** @throws Error while tokens of people cannot be verified */
  requireReady(): void;
  /** The first second of which a token counts, in seconds since the epoch, for who learned at `askTime` what it says. Milliseconds since the epoch. */
  firstSecond(person: { userId: string; roleIds: readonly string[] }, askTime: number): number;
}

/**
 * Follows what is revoked. Nothing is verified until all that counts was heard once: a process that has just begun knows
 * nothing. Where VerifierService is of a release before revocations, it counts as nothing is revoked but what is known.
 */
export function createRevocations(options: RevocationsOptions): FollowedRevocations {
  const { watch, retryMs, unknownRetryMs, failMode, graceMs, lostAfterMs = 10_000, observer, onKeyWithdrawn, max = 250_000, now = Date.now } = options;
  const entries = createRevocationEntries({ max, now, onFold: (count) => observer?.folded(count) });
  const waiting = new Map<TokenMarks, Set<(error: AppError) => void>>();
  let hasAll = false;
  let isUnknown = false;
  let isLost = false;
  let heardAt: number | undefined;
  // also by a VerifierService that tells nothing: it is there
  let answeredAt = 0;

  const ageMs = () => (heardAt === undefined ? undefined : performance.now() - heardAt);
  const findError = (marks: TokenMarks): AppError | undefined => {
    const verdict = entries.judge(marks);
    return verdict && (verdict === 'ended' ? tokenRevoked() : tokenExpired());
  };
  const endRevoked = () => {
    for (const [marks, ends] of waiting) {
      const error = findError(marks);
      if (error) ends.forEach((end) => end(error));
      if (error) waiting.delete(marks);
    }
  };
  const apply = ({ revocations, isCurrent }: WatchRevocationsResponse) => {
    entries.add(revocations);
    // what was there before this process is no measure of how fast it comes
    if (hasAll) for (const { time } of revocations) observer?.applied(Math.max(now() - (time?.getTime() ?? now()), 0) / 1000);
    heardAt = answeredAt = performance.now();
    if (isLost || !hasAll) observer?.connected();
    isLost = false;
    hasAll ||= isCurrent;
    if (revocations.length) endRevoked();
    if (revocations.some(isKey)) onKeyWithdrawn?.();
  };
  const feed = createRevocationFeed({
    watch,
    silenceMs: lostAfterMs,
    retryMs,
    unknownRetryMs,
    onResponse: apply,
    onUnknown() {
      isUnknown = true;
      answeredAt = performance.now();
      observer?.unknown();
    },
    onError(error) {
      isLost = true;
      observer?.lost(error);
    },
  });
  observer?.open(() => {
    const age = ageMs();
    return { held: entries.size(), ageSeconds: age === undefined ? undefined : age / 1000, isConnected: age !== undefined && age < lostAfterMs };
  });

  const findObstacle = (): string | undefined => {
    if (!hasAll) return isUnknown ? undefined : 'it is not known yet which tokens were revoked: is VerifierService there?';
    return failMode === 'closed' && performance.now() - answeredAt > lostAfterMs + graceMs
      ? 'the feed of revocations is lost: is VerifierService there?'
      : undefined;
  };
  return {
    check(marks) {
      const error = findError(marks);
      if (error) throw error;
      if (marks.person && findObstacle()) throw unavailable();
    },
    whenRevoked(marks, end) {
      const error = findError(marks);
      if (error) end(error);
      if (error) return () => {};
      const ends = waiting.get(marks) ?? new Set();
      waiting.set(marks, ends.add(end));
      return () => {
        ends.delete(end);
        if (!ends.size && waiting.get(marks) === ends) waiting.delete(marks);
      };
    },
    start: feed.start,
    close: feed.close,
    requireReady() {
      const obstacle = findObstacle();
      if (obstacle) throw new Error(obstacle);
    },
    firstSecond: entries.firstSecond,
  };
}

const isKey = ({ subject }: Revocation) => subject?.$case === 'keyId';
