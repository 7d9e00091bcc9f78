import {
  type ImportOptions,
  type ImportOutcome,
  ImportOutcome as Outcome,
  type ImportProgress,
  type ImportResult,
  type ImportUsersResponse,
  type User,
} from '@gatehouse/contracts/user';
import type { PartialMessage } from '@gatehouse/rpc';
import { randomUUID } from 'node:crypto';
import { adminId, type UserUnderTest } from './user-under-test';

export type Row = PartialMessage<User>;
export type BulkClient = ReturnType<UserUnderTest['as']>;

const bulkPermissions = ['users.import', 'users.export', 'users.create', 'users.read', 'users.update', 'users.suspend', 'users.delete', 'users.setRoles'];

/** A client of somebody who may import and export; what else they may is said, or everything about people. */
export const asImporter = async (user: UserUnderTest, permissions = bulkPermissions, id = adminId): Promise<BulkClient> =>
  user.as(await user.issuer.accessToken({ id, permissions }));

export interface Imported {
  readonly responses: readonly ImportUsersResponse[];
  readonly results: readonly ImportResult[];
  /** That of the first response, and of the last. */
  readonly begin: ImportProgress;
  readonly end: ImportProgress;
}

/** Sends rows, numbered on from `from`, so many a request. */
export async function* toRequests(rows: readonly Row[], options: PartialMessage<ImportOptions> = {}, { from = 1, size = 500 } = {}) {
  yield { options: { importId: randomUUID(), ...options } };
  for (let start = 0; start < rows.length; start += size)
    yield { rows: rows.slice(start, start + size).map((user, index) => ({ number: BigInt(from + start + index), user })) };
}

/** Imports rows in one call. */
export const importRows = (client: BulkClient, rows: readonly Row[], options?: PartialMessage<ImportOptions>, place?: Parameters<typeof toRequests>[2]) =>
  runImport(client, toRequests(rows, options, place));

/** Sends requests, and gives what came of them. */
export async function runImport(client: BulkClient, requests: AsyncIterable<never> | ReturnType<typeof toRequests>): Promise<Imported> {
  const responses: ImportUsersResponse[] = [];
  for await (const response of client.importUsers(requests as ReturnType<typeof toRequests>)) responses.push(response);
  return { responses, results: responses.flatMap(({ results }) => results), begin: responses[0]!.progress!, end: responses.at(-1)!.progress! };
}

/** What came of each row: its outcome, and where it failed the reason and the fields at fault. */
export const outcomesOf = ({ results }: Pick<Imported, 'results'>): string[] =>
  results.map(({ outcome, reason, violations }) =>
    [toWord(outcome), reason, ...violations.map(({ field, reason: rule }) => `${field}:${rule}`)].join(' ').trim(),
  );

const toWord = (outcome: ImportOutcome): string => Outcome[outcome].replace('IMPORT_OUTCOME_', '').toLowerCase();

/** Progress in plain numbers, those that are not 0. */
export const countsOf = ({ lastNumber, ...counts }: ImportProgress): Record<string, number> => ({
  lastNumber: Number(lastNumber),
  ...Object.fromEntries(
    Object.entries(counts)
      .filter(([, count]) => count)
      .map(([name, count]) => [name, Number(count)]),
  ),
});
