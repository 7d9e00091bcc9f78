import type { Failure, Row } from '../rows/row.mts';
import { toRowBytes } from './messages.mts';

/** A row that was read, until it and all before it have come to something. */
export interface Entry extends Row {
  isSettled: boolean;
}

/** The rows between those that are dealt with and those that are not read yet, in the order of the file. */
export interface Window {
  /**
   * Rows that have to be sent: first those that were on their way when a call was cut, then further ones. Empty where there are no
   * more, and where too many wait for an answer.
   */
  next(limits: { readonly rows: number; readonly bytes: number }): Promise<readonly Entry[]>;
  /** Notes what became of a row; of a failed one, why. False for a row that nobody waits for. */
  settle(number: number, failure?: Failure): boolean;
  /** Begins to send again after a row: what is before that has a result that was given to another call. */
  rewind(after: number): void;
  /** Whether the file is read to its end, and all of it given out. */
  readonly isAtEnd: boolean;
  /** Rows of the file so far. */
  readonly read: number;
  /** Where the last row ends before which all is dealt with, in bytes of the file. */
  readonly position: number;
}

// rows that are held; failed ones between those that wait count too
const maxEntries = 5_000;

/**
 * @param rows of the file
 * @param onFailure told of each failed row, in the order of the file
 * @param refuse says of a row why it need not be sent
 */
export function createWindow(
  rows: AsyncIterator<Row>,
  onFailure: (number: number, failure: Failure) => void,
  refuse: (row: Row) => Failure | undefined,
): Window {
  const entries: Entry[] = [];
  const waiting = new Map<number, Entry>();
  let [sent, after, read, position, isAtEnd] = [0, 0, 0, 0, false];

  /** Lets go of what is dealt with from the first row on, so that failures are told in order. */
  const slide = () => {
    let count = 0;
    for (const entry of entries) {
      if (!entry.isSettled) break;
      position = entry.end;
      if (entry.failure) onFailure(entry.number, entry.failure);
      count++;
    }
    entries.splice(0, count);
    sent = Math.max(0, sent - count);
  };
  const settle: Window['settle'] = (number, failure) => {
    const found = waiting.get(number);
    if (!found) return false;
    waiting.delete(number);
    Object.assign(found, { isSettled: true, failure, user: undefined, passwordHash: undefined });
    return true;
  };
  const readOn = async (): Promise<Entry | undefined> => {
    const { done, value } = await rows.next();
    if (done) {
      isAtEnd = true;
      return undefined;
    }
    read++;
    const entry: Entry = { ...value, isSettled: value.user === undefined };
    entries.push(entry);
    if (value.user !== undefined) waiting.set(value.number, entry);
    return entry;
  };

  return {
    async next({ rows: most, bytes }) {
      const batch: Entry[] = [];
      let size = 0;
      while (batch.length < most) {
        if (sent >= entries.length && entries.length >= maxEntries) break;
        const entry = entries[sent] ?? (isAtEnd ? undefined : await readOn());
        if (!entry) break;
        if (!entry.isSettled) {
          if (entry.number <= after) settle(entry.number);
          else {
            const failure = refuse(entry);
            if (failure) settle(entry.number, failure);
            else {
              const length = toRowBytes(entry);
              if (batch.length && size + length > bytes) break;
              size += length;
              batch.push(entry);
            }
          }
        }
        sent++;
        // nothing before it waits for an answer
        if (entries[0]?.isSettled) slide();
      }
      return batch;
    },
    settle(number, failure) {
      const isKnown = settle(number, failure);
      if (entries[0]?.isSettled) slide();
      return isKnown;
    },
    rewind(last) {
      after = last;
      sent = 0;
    },
    get isAtEnd() {
      return isAtEnd && sent >= entries.length;
    },
    get read() {
      return read;
    },
    get position() {
      return position;
    },
  };
}
