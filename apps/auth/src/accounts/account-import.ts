import { ImportOutcome, type ImportProgress } from '@gatehouse/contracts/user';

/** What may come of a row, by its name. */
export const outcomeNames = ['created', 'updated', 'unchanged', 'skipped', 'failed'] as const;

/** How far an import is: its last row that has a result, and how many have which. */
export type AccountImportState = Readonly<Record<(typeof outcomeNames)[number], number>> & { readonly lastNumber: bigint };

/** How far an import is that has not begun. */
export const noRows: AccountImportState = { lastNumber: 0n, created: 0, updated: 0, unchanged: 0, skipped: 0, failed: 0 };

const namesOf: Readonly<Partial<Record<ImportOutcome, (typeof outcomeNames)[number]>>> = {
  [ImportOutcome.IMPORT_OUTCOME_CREATED]: 'created',
  [ImportOutcome.IMPORT_OUTCOME_UPDATED]: 'updated',
  [ImportOutcome.IMPORT_OUTCOME_UNCHANGED]: 'unchanged',
  [ImportOutcome.IMPORT_OUTCOME_SKIPPED]: 'skipped',
};

/** How far an import is after the results of some rows, in their order: those that have one already are not counted again. */
export function withResults(state: AccountImportState, results: readonly { readonly number: bigint; readonly outcome: ImportOutcome }[]): AccountImportState {
  const next = { ...state };
  for (const { number, outcome } of results) {
    if (number <= state.lastNumber) continue;
    next.lastNumber = number;
    next[namesOf[outcome] ?? 'failed']++;
  }
  return next;
}

export const toProgress = ({ lastNumber, created, updated, unchanged, skipped, failed }: AccountImportState): ImportProgress => ({
  lastNumber,
  created: BigInt(created),
  updated: BigInt(updated),
  unchanged: BigInt(unchanged),
  skipped: BigInt(skipped),
  failed: BigInt(failed),
});
