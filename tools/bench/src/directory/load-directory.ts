import { ImportOutcome, type ImportProgress, type ImportUsersResponse, type UserServiceDefinition } from '@gatehouse/contracts/user';
import { isAppError } from '@gatehouse/errors';
import type { RpcClient } from '@gatehouse/rpc';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { personAt } from './person';

export interface LoadOptions {
  readonly users: RpcClient<UserServiceDefinition>;
  readonly people: number;
  /** Of the process of `user`, whose memory is watched. */
  readonly pid: number;
  /** Told about once a second. */
  readonly onProgress: (done: number, seconds: number, memoryMiB: number) => void;
}

/** What a load took. */
export interface Load {
  readonly people: number;
  readonly seconds: number;
  /** Resident memory of `user`: after the first tenth, and the most from then on. MiB. */
  readonly memoryMiB: { readonly early: number; readonly most: number };
  /** The ids of some people, evenly spread, by their index. */
  readonly ids: ReadonlyMap<number, string>;
}

const rowsAtOnce = 500;
const remembered = 5_000;

/**
 * Streams people through ImportUsers, over as many calls as it takes: each ends after some minutes, and the next goes on.
 * @throws when a row is not created
 */
export async function loadDirectory({ users, people, pid, onProgress }: LoadOptions): Promise<Load> {
  const importId = randomUUID();
  const ids = new Map<number, string>();
  const every = Math.max(1, Math.floor(people / remembered));
  const begin = performance.now();
  const memoryMiB = { early: 0, most: 0 };
  let done = 0;
  let said = 0;

  const note = ({ results, progress }: ImportUsersResponse) => {
    for (const { number, outcome, userId, reason, message } of results) {
      if (outcome !== ImportOutcome.IMPORT_OUTCOME_CREATED && outcome !== ImportOutcome.IMPORT_OUTCOME_UNCHANGED)
        throw new Error(`row ${number} was not created: ${reason} ${message}`);
      const index = Number(number) - 1;
      if (index % every === 0) ids.set(index, userId);
      done = Number(number);
    }
    if (progress) look(progress);
  };
  const look = (progress: ImportProgress) => {
    done = Math.max(done, Number(progress.lastNumber));
    const memory = readResidentMiB(pid);
    if (done < people / 10) memoryMiB.early = Math.max(memoryMiB.early, memory);
    memoryMiB.most = Math.max(memoryMiB.most, memory);
    const seconds = (performance.now() - begin) / 1_000;
    if (seconds - said >= 1) onProgress(done, (said = seconds), memory);
  };
  const call = async () => {
    let opened: () => void;
    const resumed = new Promise<void>((resolve) => (opened = resolve));
    const requests = async function* () {
      yield { options: { importId } };
      await resumed;
      for (let first = done; first < people; first += rowsAtOnce)
        yield {
          rows: Array.from({ length: Math.min(rowsAtOnce, people - first) }, (_, index) => ({
            number: BigInt(first + index + 1),
            user: personAt(first + index),
          })),
        };
    };
    for await (const response of users.importUsers(requests())) {
      note(response);
      opened!();
    }
  };
  while (done < people)
    try {
      await call();
    } catch (error) {
      if (!isAppError(error, 'UNAVAILABLE')) throw error;
    }
  return { people, seconds: (performance.now() - begin) / 1_000, memoryMiB, ids };
}

const readResidentMiB = (pid: number): number => Math.round(Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) / 1024);
