// Below what Node lets a client reset on one HTTP/2 connection before it ends the connection: 1000 at once, 33 a second.
const burst = 500;
const perSecond = 20;

/**
 * How many calls of a channel may be cancelled on the wire. A server counts resets against the connection, on which the calls
 * of everybody are: beyond the budget, a call is let go of here and ends there by itself.
 */
export function createCancelBudget(now: () => number = Date.now): { take(): boolean } {
  let left = burst;
  let since = now();
  return {
    take() {
      left = Math.min(burst, left + ((now() - since) * perSecond) / 1_000);
      since = now();
      if (left < 1) return false;
      left -= 1;
      return true;
    },
  };
}
