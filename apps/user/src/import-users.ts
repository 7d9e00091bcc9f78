import { principalOf, toPrincipalName } from '@gatehouse/access';
import { overloaded, validationFailed } from '@gatehouse/contracts/api';
import { type ImportRow as ImportRowMessage, type ImportUsersRequest, type UserServiceDefinition } from '@gatehouse/contracts/user';
import type { RpcCall, RpcService } from '@gatehouse/rpc';
import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises';
import { readOptions, toProgress, toResult } from './import-message';
import { createRowReader, type ImportRow, type UnreadableRow } from './import-row';
import type { ImportSession, ImportSessions } from './import-session';

const maxImports = 4;
const progressMs = 1_000;
// other calls have their turn while rows are checked
const rowsAtATime = 10;

/** The method of UserService that creates and changes many people. */
export function createImportUsers(sessions: ImportSessions): Pick<RpcService<UserServiceDefinition>, 'importUsers'> {
  const readRow = createRowReader();
  let running = 0;

  /** Gives what reads the rows of one request after the other; undefined after the last one. */
  function createReadNext(source: AsyncIterator<ImportUsersRequest>, { options }: ImportSession) {
    let last = 0n;
    return async (): Promise<readonly (ImportRow | UnreadableRow)[] | undefined> => {
      const { done, value } = await source.next();
      if (done) return undefined;
      const read: (ImportRow | UnreadableRow)[] = [];
      for (const [index, row] of requireRows(value, last).entries()) {
        if (index % rowsAtATime === rowsAtATime - 1) await nextTurn();
        read.push(readRow(row, options));
      }
      last = read.at(-1)!.number;
      return read;
    };
  }

  return {
    async *importUsers(requests, call) {
      if (running >= maxImports) throw overloaded({ retryDelayMs: 5_000 });
      running++;
      const source = requests[Symbol.asyncIterator]();
      let session: ImportSession | undefined;
      try {
        session = await open(sessions, (await source.next()).value, call);
        yield { results: [], progress: toProgress(session.state) };
        let told = Date.now();
        const readNext = createReadNext(source, session);
        for (let rows = await readNext(), ahead; rows; rows = await ahead) {
          const batch = session.importRows(rows);
          // while the database works on these, the next ones are read; what is wrong with them is told when it is their turn
          ahead = readNext();
          ahead.catch(() => {});
          for await (const _ of whilePending(batch)) {
            told = Date.now();
            yield { results: [], progress: toProgress(session.state) };
          }
          const isDue = Date.now() - told >= progressMs;
          if (isDue) told = Date.now();
          yield { results: (await batch).map(toResult), progress: isDue ? toProgress(session.state) : undefined };
        }
        yield { results: [], progress: toProgress(session.state) };
      } finally {
        running--;
        await session?.close();
      }
    },
  };
}

async function open(sessions: ImportSessions, first: ImportUsersRequest | undefined, call: RpcCall): Promise<ImportSession> {
  if (!first?.options || first.rows.length)
    throw toInvalid(first?.options ? 'rows' : 'options', `the first request has ${first?.options ? 'the options alone' : 'to have the options'}`);
  return sessions.open(readOptions(first.options), { principal: principalOf(call), name: toPrincipalName(call), isDryRun: first.options.dryRun });
}

/** The rows of a request after the first. @throws validationFailed when they are none, or not numbered upwards from `last` */
function requireRows({ options, rows }: ImportUsersRequest, last: bigint): readonly ImportRowMessage[] {
  if (options) throw toInvalid('options', 'only the first request has options');
  if (!rows.length) throw toInvalid('rows', 'each request but the first has to have rows');
  let before = last;
  for (const [index, { number }] of rows.entries()) {
    if (number <= before) throw toInvalid(`rows[${index}].number`, `must be greater than that of the row before, which is ${before}`);
    before = number;
  }
  return rows;
}

const toInvalid = (field: string, description: string) => validationFailed({ violations: [{ field, description, reason: 'import.sequence' }] });

/** Gives a turn each second until a promise is settled. */
async function* whilePending(promise: Promise<unknown>): AsyncIterable<void> {
  const settled = promise.then(
    () => true,
    () => true,
  );
  for (;;) {
    const waiting = new AbortController();
    const isSettled = await Promise.race([settled, pause(progressMs, false, { signal: waiting.signal })]);
    waiting.abort();
    if (isSettled) return;
    yield;
  }
}
