import { importInProgress, ImportAccountsResult, type ImportAccountsRow, HashOutcome } from '@gatehouse/contracts/auth';
import { ImportOutcome, type ImportOptions, type ImportResult } from '@gatehouse/contracts/user';
import type { Database, Queryable } from '@gatehouse/postgres';
import { lockAccountImport, openAccountImport, saveAccountImport } from '../postgres/account-import-repository';
import { insertImportedHashes } from '../postgres/credential-repository';
import { type AccountImportState, noRows, withResults } from './account-import';
import { toStoredHash } from './foreign-hashes/stored-hash';

/** A row whose person `user` has dealt with. */
export interface ImportedRow {
  readonly row: ImportAccountsRow;
  readonly result: ImportResult;
}

/** A call's part of an import. That it is the only one, `user` sees to. */
export interface ImportSession {
  readonly state: AccountImportState;
  /**
   * Sets the passwords of rows whose people are there, and counts them and those that were refused, in one transaction.
   * @returns the results of all of them, in their order
   * @throws importInProgress when another call has gone on with the import
   */
  settle(rows: readonly ImportedRow[], refused: readonly ImportAccountsResult[]): Promise<readonly ImportAccountsResult[]>;
}

/** Takes an import up where it is; of a dry run nothing is kept. */
export async function openImportSession(database: Database, { importId, dryRun }: ImportOptions): Promise<ImportSession> {
  let state = dryRun ? noRows : await openAccountImport(database, importId);

  async function settle(tx: Queryable, rows: readonly ImportedRow[], refused: readonly ImportAccountsResult[]) {
    // `user` has seen to it that the caller has power over these; whom it skipped it did not look at
    const hashes = rows.flatMap(({ row, result: { userId, outcome } }) =>
      row.passwordHash && userId && takesPassword.has(outcome) ? [{ userId, passwordHash: toStoredHash(row.passwordHash) }] : [],
    );
    const set = await insertImportedHashes(tx, hashes);
    const settled = rows.map(({ row, result }) => ImportAccountsResult.fromPartial({ ...result, hashOutcome: toHashOutcome(row, result, set) }));
    const results = [...settled, ...refused].sort((one, other) => Number(one.number - other.number));
    return { results, next: withResults(state, results) };
  }

  return {
    get state() {
      return state;
    },
    async settle(rows, refused) {
      const { results, next } = await database.transaction(
        async (tx) => {
          // where the call to `user` was cut, another one may have begun
          if (!dryRun && (await lockAccountImport(tx, importId))?.lastNumber !== state.lastNumber) throw importInProgress({ retryDelayMs: 1_000 });
          const settled = await settle(tx, rows, refused);
          if (!dryRun) await saveAccountImport(tx, importId, settled.next);
          return settled;
        },
        { isRolledBack: dryRun },
      );
      state = next;
      return results;
    },
  };
}

const { IMPORT_OUTCOME_CREATED, IMPORT_OUTCOME_UPDATED, IMPORT_OUTCOME_UNCHANGED, IMPORT_OUTCOME_FAILED } = ImportOutcome;
const takesPassword: ReadonlySet<ImportOutcome> = new Set([IMPORT_OUTCOME_CREATED, IMPORT_OUTCOME_UPDATED, IMPORT_OUTCOME_UNCHANGED]);

function toHashOutcome({ passwordHash }: ImportAccountsRow, { userId, outcome }: ImportResult, set: ReadonlySet<string>): HashOutcome {
  if (!passwordHash || outcome === IMPORT_OUTCOME_FAILED) return HashOutcome.HASH_OUTCOME_UNSPECIFIED;
  // a dry run has nobody to give it to whom it would have created
  const isSet = set.has(userId) || (!userId && outcome === IMPORT_OUTCOME_CREATED);
  return isSet ? HashOutcome.HASH_OUTCOME_SET : HashOutcome.HASH_OUTCOME_KEPT;
}
