import { principalOf } from '@gatehouse/access';
import { unavailable } from '@gatehouse/contracts/api';
import { type AccountServiceDefinition, type ImportAccountsRow, HashOutcome } from '@gatehouse/contracts/auth';
import type { ImportResult } from '@gatehouse/contracts/user';
import type { Database } from '@gatehouse/postgres';
import type { RpcService } from '@gatehouse/rpc';
import type { SecurityEvents } from '../security-events';
import { toProgress } from './account-import';
import { judgeHash, requireOptions, requireRows } from './account-rows';
import { openImportSession } from './import-session';
import { type ImportUsers, openUserImport, type UserImport } from './user-import';

export interface AccountServiceOptions {
  database: Database;
  importUsers: ImportUsers;
  security: SecurityEvents;
}

const progressMs = 1_000;

/**
 * AccountService: people, together with how they prove who they are. The rows of a request go to `user`, then their passwords are set here, then they
 * have a result: cut off between the two, they are sent to `user` once more, which finds them as they are.
 */
export function createAccountService({ database, importUsers, security }: AccountServiceOptions): RpcService<AccountServiceDefinition> {
  return {
    async *importAccounts(requests, call) {
      const source = requests[Symbol.asyncIterator]();
      const options = requireOptions((await source.next()).value);
      const users = openUserImport(importUsers, call.metadata.get('authorization') ?? '');
      let hasSet = false;
      try {
        users.send({ options });
        if (!(await users.next())) throw unavailable();
        // `user` lets one call of an import in at a time
        const session = await openImportSession(database, options);
        yield { results: [], progress: toProgress(session.state) };
        let told = Date.now();
        let last = 0n;
        for (let next = await source.next(); !next.done; next = await source.next()) {
          const rows = requireRows(next.value, last);
          last = rows.at(-1)!.number;
          const refused = rows.flatMap((row) => judgeHash(row) ?? []);
          const refusedNumbers = new Set(refused.map(({ number }) => number));
          const accepted = rows.filter(({ number }) => !refusedNumbers.has(number));
          const answers = new Map<bigint, ImportResult>();
          for await (const results of importRows(users, accepted)) {
            for (const result of results) answers.set(result.number, result);
            if (results.length) continue;
            told = Date.now();
            yield { results: [], progress: toProgress(session.state) };
          }
          const results = await session.settle(
            accepted.map((row) => ({ row, result: requireAnswer(answers, row) })),
            refused,
          );
          hasSet ||= !options.dryRun && results.some(({ hashOutcome }) => hashOutcome === HashOutcome.HASH_OUTCOME_SET);
          const isDue = Date.now() - told >= progressMs;
          if (isDue) told = Date.now();
          yield { results: [...results], progress: isDue ? toProgress(session.state) : undefined };
        }
        users.finish();
        while (await users.next());
        yield { results: [], progress: toProgress(session.state) };
      } finally {
        users.close();
        const principal = principalOf(call);
        if (hasSet) security.raise('passwords_imported', principal.kind === 'user' ? { userId: principal.id } : {});
      }
    },
  };
}

/** Has `user` do some rows; gives their results, and an empty list whenever it tells that it is still at it. */
async function* importRows(users: UserImport, rows: readonly ImportAccountsRow[]): AsyncIterable<readonly ImportResult[]> {
  if (!rows.length) return;
  users.send({ rows: rows.map(({ number, user }) => ({ number, user })) });
  for (let left = rows.length; left > 0;) {
    const response = await users.next();
    if (!response) throw unavailable({ cause: new Error('user ended the import before all rows had a result') });
    left -= response.results.length;
    yield response.results;
  }
}

function requireAnswer(answers: ReadonlyMap<bigint, ImportResult>, { number }: ImportAccountsRow): ImportResult {
  const answer = answers.get(number);
  if (!answer) throw new Error(`user gave no result for the row ${number}`);
  return answer;
}
