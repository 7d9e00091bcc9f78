import {
  type ImportOptions as ImportOptionsMessage,
  ImportOutcome as ImportOutcomeMessage,
  type ImportProgress,
  type ImportResult,
  OnExisting as OnExistingMessage,
} from '@gatehouse/contracts/user';
import type { ImportOptions, ImportOutcome, ImportState, OnExisting } from './import';
import type { RowResult } from './import-rows';

const onExisting: Readonly<Partial<Record<OnExistingMessage, OnExisting>>> = {
  [OnExistingMessage.ON_EXISTING_SKIP]: 'skip',
  [OnExistingMessage.ON_EXISTING_FAIL]: 'fail',
};

export const readOptions = (message: ImportOptionsMessage): ImportOptions => ({
  importId: message.importId,
  matchProvider: message.matchProvider,
  onExisting: onExisting[message.onExisting] ?? 'update',
});

const outcomes: Readonly<Record<ImportOutcome, ImportOutcomeMessage>> = {
  created: ImportOutcomeMessage.IMPORT_OUTCOME_CREATED,
  updated: ImportOutcomeMessage.IMPORT_OUTCOME_UPDATED,
  unchanged: ImportOutcomeMessage.IMPORT_OUTCOME_UNCHANGED,
  skipped: ImportOutcomeMessage.IMPORT_OUTCOME_SKIPPED,
  failed: ImportOutcomeMessage.IMPORT_OUTCOME_FAILED,
};

export const toResult = ({ number, outcome, userId, error }: RowResult): ImportResult => ({
  number,
  outcome: outcomes[outcome],
  userId,
  reason: error?.reason ?? '',
  message: error?.message ?? '',
  violations: (error?.violations ?? []).map(({ field, description, reason }) => ({ field, description, reason: reason ?? '' })),
});

export const toProgress = ({ lastNumber, created, updated, unchanged, skipped, failed }: ImportState): ImportProgress => ({
  lastNumber,
  created: BigInt(created),
  updated: BigInt(updated),
  unchanged: BigInt(unchanged),
  skipped: BigInt(skipped),
  failed: BigInt(failed),
});
