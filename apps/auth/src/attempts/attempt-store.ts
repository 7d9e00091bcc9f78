/** What failures of one kind cost. Times are milliseconds. */
export interface AttemptPolicy {
  /** How many attempts at once cost nothing. */
  readonly free: number;
  /** How long nothing is let in after that; each further failure doubles it, up to the longest. */
  readonly firstDelayMs: number;
  readonly maxDelayMs: number;
  /** How long it takes until one failure is forgotten. */
  readonly forgetMs: number;
}

/** An attempt that asks to be let in under a key. */
export interface AttemptEntry {
  readonly key: Buffer;
  readonly policy: AttemptPolicy;
}

/** What came of it. An attempt that was let in counts as a failure until it is settled. */
export interface Reservation {
  readonly key: Buffer;
  readonly isAdmitted: boolean;
  /** When it was counted. Milliseconds since the epoch; of one that was not let in 0. */
  readonly countedMs: number;
  /** How long the next one is not let in from now; 0 where it is. Milliseconds. */
  readonly delayMs: number;
}

/** How an attempt that was counted ended otherwise than by a failure. */
export interface Settlement {
  readonly key: Buffer;
  readonly countedMs: number;
  /** Whether all failures of the key are forgotten, or this attempt alone. */
  readonly isCleared: boolean;
}

/** Counts attempts for all replicas of the service. Each call is one statement, however many keys it names. */
export interface AttemptStore {
  /** Counts one attempt under each key whose delay is over: of many at the same time, no more than the policy has. */
  reserve(entries: readonly AttemptEntry[]): Promise<readonly Reservation[]>;
  settle(settlements: readonly Settlement[]): Promise<void>;
  /** Adds failures to a key that delays nobody; gives how many there are by now. */
  count(key: Buffer, failures: number, forgetMs: number): Promise<number>;
}

// no more failures are remembered than the longest delay takes, so that its end is near whatever came before
export const maxLevelOf = ({ free, firstDelayMs, maxDelayMs }: AttemptPolicy): number => free + Math.ceil(Math.log2(Math.max(1, maxDelayMs / firstDelayMs)));
