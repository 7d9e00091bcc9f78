import { setTimeout as pause } from 'node:timers/promises';
import { ConnectionLost, ServerError } from '../api/server-error.mts';
import { CommandError, exitCodes } from '../command-error.mts';
import { converse, FrameTooLarge } from './conversation.mts';
import type { ImportOptions } from './import-id.mts';
import { type Counts, type ImportUsersResponse, noCounts, toCounts, toOutcome, toRowsMessage } from './messages.mts';
import type { Refusals } from './refusals.mts';
import type { Entry, Window } from './window.mts';

/** How far an import is. */
export interface Tally {
  counts: Counts;
  /** Of the last row that has a result. */
  lastNumber: number;
  /** The same, when this command began to send; undefined before. */
  before?: number;
  /** Rows that got a result, or were refused, from this command. */
  settled: number;
}

export const createTally = (): Tally => ({ counts: noCounts(), lastNumber: 0, settled: 0 });

export interface SendOptions {
  readonly url: string;
  readonly importId: string;
  readonly options: ImportOptions;
  readonly window: Window;
  readonly refusals: Refusals;
  readonly tally: Tally;
  readonly signal: AbortSignal;
  /** Told when the server has said how far the import came, before a row is sent; of the first call whether it is that. */
  readonly onBegin: (isFirst: boolean) => void;
  /** Told after each response. */
  readonly onProgress: () => void;
}

// frames on their way: enough for the server to be busy, and what has to be sent again stays small
const maxUnanswered = 4;
const farewellMs = 5_000;

/**
 * Sends the rows that have no result yet by one call after the other, as long as it is rows that end them.
 * @throws ServerError, ConnectionLost for what ends a call otherwise; the window knows what is missing
 */
export async function sendRows(token: string, send: SendOptions): Promise<void> {
  const { refusals, tally, window } = send;
  for (;;) {
    const frames = new Map<number, readonly Entry[]>();
    try {
      return await sendByOneCall(token, send, frames);
    } catch (error) {
      if (error instanceof FrameTooLarge) {
        if (refusals.shrink(frames, window)) continue;
        throw new CommandError('the gateway takes no frames of 4 KiB: raise GATEWAY_MAX_BODY_BYTES', { exitCode: exitCodes.server, cause: error });
      }
      if (!(error instanceof ServerError) || !refusals.take(error.problem, frames, window)) throw error;
      tally.settled++;
    }
  }
}

async function sendByOneCall(
  token: string,
  { url, importId, options, window, refusals, tally, signal, onBegin, onProgress }: SendOptions,
  frames: Map<number, readonly Entry[]>,
): Promise<void> {
  const frameOf = new Map<number, number>();
  const left = new Map<number, number>();
  let [hasBegun, isOver, count] = [false, false, 1];
  let wake = () => {};
  const change = () => new Promise<void>((resolve) => (wake = resolve));

  const onResponse = ({ results, progress }: ImportUsersResponse) => {
    if (!hasBegun && progress) {
      hasBegun = true;
      const lastNumber = Number(progress.lastNumber);
      // a dry run may leave nothing behind that a server knows
      if (lastNumber >= tally.lastNumber) Object.assign(tally, { lastNumber, counts: toCounts(progress) });
      const isFirst = tally.before === undefined;
      tally.before ??= lastNumber;
      window.rewind(tally.lastNumber);
      onBegin(isFirst);
    }
    for (const result of results) {
      const number = Number(result.number);
      const outcome = toOutcome(result);
      const { reason, message, violations } = result;
      if (!window.settle(number, outcome === 'failed' ? { reason, message, violations } : undefined)) continue;
      tally.counts[outcome]++;
      tally.settled++;
      tally.lastNumber = Math.max(tally.lastNumber, number);
      const frame = frameOf.get(number)!;
      frameOf.delete(number);
      left.set(frame, left.get(frame)! - 1);
      if (left.get(frame)! > 0) continue;
      left.delete(frame);
      frames.delete(frame);
      refusals.relax();
    }
    onProgress();
    wake();
  };

  const { hasPasswords, ...own } = options;
  const call = converse(`${url}/v1/${hasPasswords ? 'accounts' : 'users'}:import`, token, signal, onResponse);
  const onEnd = () => {
    isOver = true;
    wake();
  };
  call.ended.then(onEnd, onEnd);
  call.send({ options: { importId, ...own } });
  try {
    while (!hasBegun && !isOver) await change();
    while (!isOver) {
      const batch = left.size < maxUnanswered ? await window.next(refusals.limits) : [];
      if (isOver) break;
      if (!batch.length) {
        if (!left.size && window.isAtEnd) break;
        await change();
        continue;
      }
      const index = count++;
      frames.set(index, batch);
      left.set(index, batch.length);
      for (const { number } of batch) frameOf.set(number, index);
      call.send(toRowsMessage(batch));
    }
    if (isOver) {
      await call.ended;
      // it ended well, though not all was answered
      if (left.size || !window.isAtEnd || !hasBegun) throw new ConnectionLost('the server ended the call early');
      return;
    }
    call.finish();
    await Promise.race([call.ended.catch(() => {}), pause(farewellMs, undefined, { ref: false })]);
  } finally {
    call.destroy();
  }
}
