import type { User, UserStatus } from './user';

/** What an import was begun with, and goes on with. */
export interface ImportOptions {
  readonly importId: string;
  /** The provider of the external ids by which people are found; empty where they are found by email. */
  readonly matchProvider: string;
  /** What becomes of a row whose person is there already. */
  readonly onExisting: OnExisting;
}

export type OnExisting = 'update' | 'skip' | 'fail';
export type ImportOutcome = 'created' | 'updated' | 'unchanged' | 'skipped' | 'failed';

/** How far an import is: its last row that has a result, and how many have which. */
export interface ImportState extends Readonly<Record<ImportOutcome, number>> {
  readonly lastNumber: bigint;
}

/** How far an import is that has not begun. */
export const noRows: ImportState = { lastNumber: 0n, created: 0, updated: 0, unchanged: 0, skipped: 0, failed: 0 };

/** A person, and the import that wrote them last. */
export interface ImportedUser extends User {
  readonly importId: string | undefined;
  readonly importRow: bigint | undefined;
}

/** A person as an import writes one; what else there is of them it neither knows nor changes. */
export type ImportedProfile = Omit<
  ImportedUser,
  'roleIds' | 'undeleteStatus' | 'createTime' | 'updateTime' | 'deleteTime' | 'purgeTime' | 'lastSeenTime' | 'revision'
> & {
  readonly status: Exclude<UserStatus, 'deleted'>;
};

/** How far an import is after the results of some rows: those that have one already are not counted again. */
export function withResults(state: ImportState, results: readonly { readonly number: bigint; readonly outcome: ImportOutcome }[]): ImportState {
  const next = { ...state };
  for (const { number, outcome } of results) {
    if (number <= state.lastNumber) continue;
    next.lastNumber = number;
    next[outcome]++;
  }
  return next;
}
