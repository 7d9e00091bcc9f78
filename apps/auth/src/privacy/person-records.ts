import type { Queryable } from '@gatehouse/postgres';

/** Something that is kept of a person, as they may see it. */
export interface KeptRecord {
  readonly kind: string;
  /** By which it is found again among those of its kind. */
  readonly key: string;
  readonly data: Record<string, unknown>;
}

interface Kind {
  readonly kind: string;
  readonly table: string;
  /** Unique among the rows of a person; text that is compared as text. */
  readonly key: string;
  /** What is told, by its name: never a secret, nor the hash of one. */
  readonly columns: readonly string[];
  /** A condition in SQL: which rows are told of; without it, all. */
  readonly only?: string;
}

/** What `auth` keeps of people. A table with a user_id that is not here, a test finds. */
const kinds: readonly Kind[] = [
  { kind: 'password', table: 'credentials', key: 'user_id', columns: ['create_time', 'update_time'] },
  { kind: 'former_password', table: 'password_history', key: 'id', columns: ['retire_time'] },
  { kind: 'sign_up', table: 'pending_sign_ups', key: 'user_id', columns: ['email', 'display_name', 'update_time'] },
  {
    kind: 'session',
    table: 'sessions',
    key: 'id',
    columns: [
      ...['id', 'display_name', 'client_address', 'user_agent', 'device_id', 'auth_methods'],
      ...['create_time', 'auth_time', 'last_used_time', 'expire_time', 'revoke_time'],
    ],
  },
  { kind: 'code', table: 'one_time_codes', key: 'id', columns: ['purpose', 'create_time', 'expire_time', 'end_time'] },
  { kind: 'email_change', table: 'begun_email_changes', key: 'code_id', columns: ['begin_time'] },
  { kind: 'factor', table: 'factors', key: 'id', columns: ['kind', 'display_name', 'create_time', 'confirm_time', 'last_use_time'] },
  { kind: 'recovery_code', table: 'recovery_codes', key: 'code_hash', columns: ['create_time'] },
  { kind: 'login', table: 'login_tokens', key: 'token_hash', columns: ['create_time', 'expire_time'] },
  {
    kind: 'mail',
    table: 'mails',
    key: 'id',
    columns: ['kind', 'state', 'create_time', 'end_time'],
    // it is mailed to an email that has no account alone: it would tell who asked for it whether another one has
    only: `kind <> 'email_change_confirm'`,
  },
  { kind: 'status', table: 'known_people', key: 'user_id', columns: ['status', 'not_before'] },
];

/** Names of the tables that hold something of people. */
export const personTables: readonly string[] = kinds.map(({ table }) => table);

/** Records of a person, those of one kind after another, each kind in the order of its keys, after the one that is named; at most `limit`. */
export async function readPersonRecords(
  db: Queryable,
  userId: string,
  after: { kind: string; key: string } | undefined,
  limit: number,
): Promise<readonly KeptRecord[]> {
  const first = after ? kinds.findIndex(({ kind }) => kind === after.kind) : 0;
  const found: KeptRecord[] = [];
  for (const { kind, table, key, columns, only = 'true' } of kinds.slice(first)) {
    const rows = await db.query<{ key: string; data: Record<string, unknown> }>({
      name: `read-person-${table.replaceAll('_', '-')}`,
      text: `select ${key}::text as key, jsonb_strip_nulls(jsonb_build_object(${columns.map((column) => `'${column}', ${column}`).join(', ')})) as data
             from ${table} where user_id = $1 and ${only} and ${key}::text > $2 order by ${key}::text limit $3`,
      values: [userId, after?.kind === kind ? after.key : '', limit - found.length],
    });
    found.push(...rows.map((row) => ({ kind, ...row })));
    if (found.length === limit) break;
  }
  return found;
}
