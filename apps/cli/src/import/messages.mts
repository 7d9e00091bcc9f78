// The messages of ImportUsers and ImportAccounts in their JSON form, as far as they are read here.
import type { Violation } from '../api/server-error.mts';
import type { Row } from '../rows/row.mts';

export interface ImportResult {
  readonly number: string;
  readonly outcome: string;
  readonly reason: string;
  readonly message: string;
  readonly violations: readonly Violation[];
}

const outcomes = ['created', 'updated', 'unchanged', 'skipped', 'failed'] as const;
export type Outcome = (typeof outcomes)[number];

export type ImportProgress = { readonly lastNumber: string } & Readonly<Record<Outcome, string>>;

export interface ImportUsersResponse {
  readonly results: readonly ImportResult[];
  readonly progress?: ImportProgress;
}

/** How many rows came to what. */
export type Counts = Record<Outcome, number>;

export const noCounts = (): Counts => ({ created: 0, updated: 0, unchanged: 0, skipped: 0, failed: 0 });
export const toCounts = (progress: ImportProgress): Counts =>
  Object.fromEntries(outcomes.map((outcome) => [outcome, Number(progress[outcome] ?? 0)])) as Counts;

/** The outcome that `IMPORT_OUTCOME_CREATED` names. */
export const toOutcome = ({ outcome }: ImportResult): Outcome => {
  const name = outcome.replace(/^IMPORT_OUTCOME_/, '').toLowerCase();
  return outcomes.find((each) => each === name) ?? 'failed';
};

type SentRow = Pick<Row, 'number' | 'user' | 'passwordHash'>;

const toRowMessage = ({ number, user, passwordHash }: SentRow): string =>
  `{"number":"${number}","user":${user}${passwordHash ? `,"passwordHash":${JSON.stringify(passwordHash)}` : ''}}`;

/** The message of rows: the JSON that the file has is sent as it is. */
export const toRowsMessage = (rows: readonly SentRow[]): string => `{"rows":[${rows.map(toRowMessage).join(',')}]}`;
/** What a row adds to its message. */
export const toRowBytes = (row: SentRow): number => Buffer.byteLength(toRowMessage(row)) + 1;
