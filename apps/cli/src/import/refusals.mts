import type { Problem, Violation } from '../api/server-error.mts';
import type { Failure, Row } from '../rows/row.mts';
import { toRowsMessage } from './messages.mts';
import type { Entry, Window } from './window.mts';

// what a frame holds of rows at most; the server takes 1,000, and the gateway frames of 64 KiB, unless GATEWAY_MAX_BODY_BYTES says otherwise
const most = { rows: 500, bytes: 65_000 } as const;
const leastBytes = 4_096;

/** What a frame may hold, by what the gateway refused so far. */
export interface Refusals {
  readonly limits: { readonly rows: number; readonly bytes: number };
  /** Why a row need not be sent: another one was refused for the same. */
  find(row: Row): Failure | undefined;
  /**
   * Takes a refusal of a frame for one of the rows that it names; where it names none, smaller frames will tell. False where it
   * is none of rows.
   * @param frames that were sent, by their place in the stream
   */
  take(problem: Problem, frames: ReadonlyMap<number, readonly Entry[]>, window: Window): boolean;
  /** Takes notice that a frame was too large: a row that was alone in it is refused, more are split. False where all were small already. */
  shrink(frames: ReadonlyMap<number, readonly Entry[]>, window: Window): boolean;
  /** Takes notice that all of a frame was taken. */
  relax(): void;
}

/** A field of what was refused: the frame's place in the stream, the row, and the path in the row's user. */
const place = /^\[(\d+)\](?:\.rows\[(\d+)\](?:\.user)?)?\.?(.*)$/s;

const tooLarge: Failure = { reason: 'REQUEST_TOO_LARGE', message: 'the row is larger than what the gateway takes (GATEWAY_MAX_BODY_BYTES)' };
const toBytes = (rows: Parameters<typeof toRowsMessage>[0]) => Buffer.byteLength(toRowsMessage(rows));

export function createRefusals(): Refusals {
  let limits: { rows: number; bytes: number } = most;
  /** The smallest frame that was too large. */
  let tooLargeBytes = Infinity;
  /** Fields that the server does not know, with what it said. */
  const unknown = new Map<string, { violation: Violation; failure: Failure }>();

  return {
    get limits() {
      return limits;
    },
    find(row) {
      if (tooLargeBytes < Infinity && toBytes([row]) >= tooLargeBytes) return tooLarge;
      if (!unknown.size) return undefined;
      const own = JSON.parse(row.user!) as object;
      const found = [...unknown].filter(([field]) => Object.hasOwn(own, field)).map(([, each]) => each);
      return found[0] && { ...found[0].failure, violations: found.map(({ violation }) => violation) };
    },
    take({ code, reason = 'REQUEST_UNREADABLE', detail = 'the row cannot be read', violations = [] }, frames, window) {
      if (code !== 'INVALID_ARGUMENT') return false;
      const rows = new Map<Entry, Violation[]>();
      let whole: readonly Entry[] | undefined;
      const ofFrame: Violation[] = [];
      for (const violation of violations) {
        const [, frame, row, field = ''] = place.exec(violation.field) ?? [];
        const entries = frames.get(Number(frame));
        const entry = row === undefined ? undefined : entries?.[Number(row)];
        if (entry) rows.set(entry, [...(rows.get(entry) ?? []), { ...violation, field }]);
        else if (entries) {
          whole ??= entries;
          ofFrame.push({ ...violation, field });
        }
      }
      // a frame of one row says by itself which it is
      if (!rows.size && whole?.length === 1) rows.set(whole[0]!, ofFrame);
      for (const [entry, own] of rows) {
        const failure = { reason, message: detail, violations: own };
        for (const violation of own)
          if (violation.reason === 'json.unknown_field' && !/[.[]/.test(violation.field)) unknown.set(violation.field, { violation, failure });
        window.settle(entry.number, failure);
      }
      if (!rows.size && whole) limits = { ...limits, rows: Math.max(1, Math.floor(whole.length / 2)) };
      return rows.size > 0 || whole !== undefined;
    },
    shrink(frames, window) {
      // nobody says which it was; if any, then the largest
      const unanswered = [...frames.values()].filter((entries) => entries.every(({ isSettled }) => !isSettled));
      const [largest] = unanswered.map((entries) => ({ entries, bytes: toBytes(entries) })).sort((one, other) => other.bytes - one.bytes);
      if (!largest || largest.bytes < leastBytes) return false;
      tooLargeBytes = Math.min(tooLargeBytes, largest.bytes);
      if (largest.entries.length === 1) window.settle(largest.entries[0]!.number, tooLarge);
      else limits = { ...limits, bytes: Math.floor(Math.min(limits.bytes, largest.bytes) / 2) };
      return true;
    },
    relax() {
      if (limits.rows < most.rows) limits = { ...limits, rows: Math.min(most.rows, limits.rows * 2) };
    },
  };
}
