import type { Queryable } from '@gatehouse/postgres';
import { type AccountImportState, outcomeNames } from '../accounts/account-import';

/** bigint, as text */
type StateRow = Readonly<Record<'last_number' | (typeof outcomeNames)[number], string>>;

const columns = `last_number, ${outcomeNames.join(', ')}`;

function toState({ last_number: lastNumber, ...counts }: StateRow): AccountImportState {
  const [created, updated, unchanged, skipped, failed] = outcomeNames.map((name) => Number(counts[name])) as [number, number, number, number, number];
  return { lastNumber: BigInt(lastNumber), created, updated, unchanged, skipped, failed };
}

/** How far an import of accounts is, which is begun where it is not known. */
export async function openAccountImport(db: Queryable, importId: string): Promise<AccountImportState> {
  const [row] = await db.query<StateRow>({
    name: 'open-account-import',
    text: `insert into account_imports (import_id) values ($1)
           on conflict (import_id) do update set update_time = now() returning ${columns}`,
    values: [importId],
  });
  return toState(row!);
}

/** How far it is, held until the transaction ends; undefined when it is not known any more. */
export async function lockAccountImport(tx: Queryable, importId: string): Promise<AccountImportState | undefined> {
  const [row] = await tx.query<StateRow>({
    name: 'lock-account-import',
    text: `select ${columns} from account_imports where import_id = $1 for update`,
    values: [importId],
  });
  return row && toState(row);
}

/** Notes how far it is. */
export async function saveAccountImport(tx: Queryable, importId: string, state: AccountImportState): Promise<void> {
  await tx.query({
    name: 'save-account-import',
    text: `update account_imports set (${columns}, update_time) = ($2, $3, $4, $5, $6, $7, now()) where import_id = $1`,
    values: [importId, String(state.lastNumber), ...outcomeNames.map((name) => state[name])],
  });
}

/** Forgets some imports that nobody went on with for 30 days, as `user` does; gives how many. */
export async function deleteOldAccountImports(db: Queryable): Promise<number> {
  const rows = await db.query({
    name: 'delete-old-account-imports',
    text: `delete from account_imports where import_id in (
             select import_id from account_imports where update_time < now() - interval '30 days' order by update_time limit 1000 for update skip locked)
           returning import_id`,
  });
  return rows.length;
}
