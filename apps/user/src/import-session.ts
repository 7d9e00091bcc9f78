import type { Principal } from '@gatehouse/access';
import { conflict } from '@gatehouse/contracts/api';
import { importInProgress } from '@gatehouse/contracts/user';
import { type Database, findSqlState, type HeldTransaction, holdTransaction, type Queryable, type TransactionOptions } from '@gatehouse/postgres';
import { type ImportOptions, type ImportState, noRows, withResults } from './import';
import { ImportRace } from './import-repository';
import type { ImportRow, UnreadableRow } from './import-row';
import { importRows, type RowResult } from './import-rows';
import { createImportRepository, holdImport } from './postgres/import-repository';
import { createRoleRepository } from './postgres/role-repository';
import { createUserRepository } from './postgres/user-repository';
import { appendUserChanges } from './user-events';

const maxAttempts = 10;

/** A call's hold on an import: no other call of the same one is let in beside it. */
export interface ImportSession {
  readonly options: ImportOptions;
  /** How far it is. */
  readonly state: ImportState;
  /**
   * Does what rows say in one transaction, and counts them in it.
   * @throws importInProgress when another call has got hold of the import, conflict when other writers always came in between
   */
  importRows(rows: readonly (ImportRow | UnreadableRow)[]): Promise<readonly RowResult[]>;
  /** Lets go of it. */
  close(): Promise<void>;
}

export interface ImportCaller {
  readonly principal: Principal;
  /** By which records know them. */
  readonly name: string;
  /** What is done is rolled back, and nothing is remembered. */
  readonly isDryRun: boolean;
}

export interface ImportSessions {
  /** @throws importOptionsChanged, importInProgress */
  open(options: ImportOptions, caller: ImportCaller): Promise<ImportSession>;
}

/**
 * Opens imports. `holding` is a database whose connections are for the locks of imports: each call keeps one, which its process loses with
 * its life.
 */
export function createImportSessions(database: Database, holding: Database): ImportSessions {
  /** Runs `work` again when another writer came in between. */
  async function transaction<T>(work: (tx: Queryable) => Promise<T>, options?: TransactionOptions): Promise<T> {
    for (let attempt = 1; ; attempt++)
      try {
        return await database.transaction(work, options);
      } catch (error) {
        if (!isRace(error)) throw error;
        if (attempt === maxAttempts) throw conflict({ cause: error, retryDelayMs: 100 });
      }
  }

  return {
    async open(options, { principal, name, isDryRun }) {
      let state = noRows;
      let held: HeldTransaction<unknown> | undefined;
      if (!isDryRun) {
        held = await holdTransaction(holding, (tx) => holdImport(tx, options.importId));
        try {
          state = await transaction((tx) => createImportRepository(tx).open(options, name));
        } catch (error) {
          await held.release();
          throw error;
        }
      }

      const run = (tx: Queryable, rows: readonly (ImportRow | UnreadableRow)[]) =>
        importRows(
          {
            imports: createImportRepository(tx),
            users: createUserRepository(tx),
            roles: createRoleRepository(tx),
            tell: (changes) => appendUserChanges(tx, changes),
          },
          rows,
          { options, principal },
        );

      async function importAndCount(rows: readonly (ImportRow | UnreadableRow)[]): Promise<readonly RowResult[]> {
        const [results, next] = await transaction(async (tx) => {
          const imports = createImportRepository(tx);
          // where the lock was lost with its connection, another call may have begun
          if ((await imports.lock(options.importId))?.lastNumber !== state.lastNumber) throw importInProgress({ retryDelayMs: 1_000 });
          const done = await run(tx, rows);
          const counted = withResults(state, done);
          await imports.save(options.importId, counted);
          return [done, counted] as const;
        });
        state = next;
        return results;
      }

      async function rehearse(rows: readonly (ImportRow | UnreadableRow)[]): Promise<readonly RowResult[]> {
        const results = await transaction((tx) => run(tx, rows), { isRolledBack: true });
        state = withResults(state, results);
        return results.map((result) => (result.outcome === 'created' ? { ...result, userId: '' } : result));
      }

      return {
        options,
        get state() {
          return state;
        },
        importRows: isDryRun ? rehearse : importAndCount,
        close: async () => held?.release(),
      };
    },
  };
}

// unique_violation and foreign_key_violation: who was not there is, or who was there is not
const isRace = (error: unknown): boolean => error instanceof ImportRace || ['23505', '23503'].includes(findSqlState(error) ?? '');
