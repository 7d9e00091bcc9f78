import {
  emailTaken,
  ImportOutcome,
  type ImportProgress,
  type ImportRow,
  type ImportUsersRequest,
  importInProgress,
  importOptionsChanged,
  ImportUsersResponse,
  OnExisting,
  type User,
} from '@gatehouse/contracts/user';
import { setTimeout as pause } from 'node:timers/promises';

/** ImportUsers over people in memory: as the contract has it, as far as `auth` looks. */
export interface FakeImports {
  importUsers(requests: AsyncIterable<ImportUsersRequest>): AsyncGenerator<ImportUsersResponse>;
  readonly gates: {
    /** Awaited when rows are written, and no result of them is out. */
    afterRows?: () => Promise<void>;
    /** Tells so many times of progress before the results of each request. */
    progressBefore?: number;
  };
  /** Rows as they came. */
  readonly taken: ImportRow[];
}

type Import = { lastNumber: bigint; matchProvider: string; isHeld: boolean };

export function createFakeImports({
  add,
  findByEmail,
}: {
  add: (email: string, changes?: Partial<User>) => User;
  findByEmail: (email: string) => User | undefined;
}): FakeImports {
  const imports = new Map<string, Import>();
  const writers = new Map<string, string>();
  const gates: FakeImports['gates'] = {};
  const taken: ImportRow[] = [];

  const importRow = ({ number, user }: ImportRow, importId: string, { onExisting, dryRun }: { onExisting: OnExisting; dryRun: boolean }) => {
    const writer = `${importId} ${number}`;
    const email = user!.email;
    const found = findByEmail(email);
    if (!found) {
      const userId = dryRun ? '' : add(email, { displayName: user!.displayName }).id;
      if (userId) writers.set(userId, writer);
      return { number, outcome: ImportOutcome.IMPORT_OUTCOME_CREATED, userId };
    }
    const answer = (outcome: ImportOutcome) => ({ number, outcome, userId: found.id });
    if (writers.get(found.id) === writer) return answer(ImportOutcome.IMPORT_OUTCOME_UNCHANGED);
    if (onExisting === OnExisting.ON_EXISTING_SKIP) return answer(ImportOutcome.IMPORT_OUTCOME_SKIPPED);
    if (onExisting === OnExisting.ON_EXISTING_FAIL) {
      const { reason, message } = emailTaken();
      return { number, outcome: ImportOutcome.IMPORT_OUTCOME_FAILED, reason, message };
    }
    return answer(ImportOutcome.IMPORT_OUTCOME_UPDATED);
  };

  return {
    gates,
    taken,
    async *importUsers(requests) {
      let current: Import | undefined;
      try {
        let options: ImportUsersRequest['options'];
        const progress = (): Partial<ImportProgress> => ({ lastNumber: current!.lastNumber });
        for await (const request of requests) {
          if (request.options) {
            options = request.options;
            const { importId, matchProvider, dryRun } = options;
            const known = (!dryRun && imports.get(importId)) || { lastNumber: 0n, matchProvider, isHeld: false };
            if (known.isHeld) throw importInProgress({ retryDelayMs: 1_000 });
            if (known.matchProvider !== matchProvider) throw importOptionsChanged();
            current = known;
            current.isHeld = true;
            if (!dryRun) imports.set(importId, current);
            yield ImportUsersResponse.fromPartial({ progress: progress() });
            continue;
          }
          taken.push(...request.rows);
          const results = request.rows.map((row) => importRow(row, options!.importId, options!));
          current!.lastNumber = request.rows.at(-1)!.number;
          await gates.afterRows?.();
          for (let count = 0; count < (gates.progressBefore ?? 0); count++) {
            await pause(1);
            yield ImportUsersResponse.fromPartial({ progress: progress() });
          }
          yield ImportUsersResponse.fromPartial({ results });
        }
        yield ImportUsersResponse.fromPartial({ progress: progress() });
      } finally {
        if (current) current.isHeld = false;
      }
    },
  };
}
