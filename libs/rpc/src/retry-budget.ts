/** How many retries a channel may make, whatever its calls may (gRFC A6, throttling). */
export interface RetryBudget {
  /** Notes that an attempt was answered. */
  answered(): void;
  /** Notes that an attempt failed in a way that may be tried again; gives whether it may be. */
  failed(): boolean;
  /** Share of the failures that may still be tried again, 0 to 1. */
  left(): number;
}

// Enough for the calls that are in flight when a callee is restarted, and at most one retry to ten answers in the long run.
const most = 100;
const answerEarns = 0.1;

/**
 * Counts tokens: a failure takes one, an answer earns a tenth, and with half of them gone there are no retries until answers
 * come again. So a callee that fails entirely is asked hardly more often than its callers ask.
 */
export function createRetryBudget(): RetryBudget {
  let tokens = most;
  return {
    answered: () => void (tokens = Math.min(most, tokens + answerEarns)),
    failed() {
      tokens = Math.max(0, tokens - 1);
      return tokens > most / 2;
    },
    left: () => Math.max(0, (2 * tokens) / most - 1),
  };
}
