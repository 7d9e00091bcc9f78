import type { Queryable } from '@gatehouse/postgres';
import { holdImported, personLock } from './known-people-repository';

/** The hash of a person's password. */
export async function findPasswordHash(db: Queryable, userId: string): Promise<string | undefined> {
  const [row] = await db.query<{ password_hash: string }>({
    name: 'find-password-hash',
    text: 'select password_hash from credentials where user_id = $1',
    values: [userId],
  });
  return row?.password_hash;
}

/** Gives a person their first password. @throws emailTaken when they have one */
export async function insertPasswordHash(db: Queryable, userId: string, passwordHash: string): Promise<void> {
  await db.query({ name: 'insert-password-hash', text: 'insert into credentials (user_id, password_hash) values ($1, $2)', values: [userId, passwordHash] });
}

/** Gives a person a password, in the place of one they may have. */
export async function putPasswordHash(db: Queryable, userId: string, passwordHash: string): Promise<void> {
  await db.query({
    name: 'put-password-hash',
    text: `insert into credentials (user_id, password_hash) values ($1, $2)
           on conflict (user_id) do update set password_hash = excluded.password_hash, update_time = now()`,
    values: [userId, passwordHash],
  });
}

/** The hash of a person's password, locked until the transaction ends. */
export async function lockPasswordHash(tx: Queryable, userId: string): Promise<string | undefined> {
  const [row] = await tx.query<{ password_hash: string }>({
    name: 'lock-password-hash',
    text: 'select password_hash from credentials where user_id = $1 for update',
    values: [userId],
  });
  return row?.password_hash;
}

/** Whoever a password lets in, as long as a transaction holds them. */
export interface HeldEntrant {
  /** They had a second factor that counts when they began to be waited for. */
  readonly hasFactor: boolean;
}

/**
 * Keeps the hash of a password in its place until the transaction ends, or puts a better one of the same password there; keeps more from
 * being noted of the person, as `holdPerson` does, but after that. Undefined when the hash was replaced already.
 */
export async function holdEntrant(tx: Queryable, userId: string, passwordHash: string, better?: string): Promise<HeldEntrant | undefined> {
  const held = better
    ? 'update credentials set password_hash = $3, update_time = now() where user_id = $1 and password_hash = $2 returning user_id'
    : 'select user_id from credentials where user_id = $1 and password_hash = $2 for share';
  const [row] = await tx.query<HeldEntrant>({
    name: better ? 'improve-password-hash' : 'hold-entrant',
    text: `with held as materialized (${held})
           select exists (select from factors where factors.user_id = held.user_id and confirm_time is not null) as "hasFactor",
             pg_advisory_xact_lock_shared(${personLock('held.user_id::text')})
           from held`,
    values: [userId, passwordHash, ...(better ? [better] : [])],
  });
  return row;
}

/**
 * Gives people their first password; those who have one, or are about to get that of their sign-up, keep it. Who was deleted or purged gets none.
 * @returns the ids of those who got one
 */
export async function insertImportedHashes(
  tx: Queryable,
  hashes: readonly { readonly userId: string; readonly passwordHash: string }[],
): Promise<ReadonlySet<string>> {
  if (!hashes.length) return new Set();
  await holdImported(
    tx,
    hashes.map(({ userId }) => userId),
  );
  const rows = await tx.query<{ user_id: string }>({
    name: 'insert-imported-hashes',
    // in one order, so that writers at the same time do not wait for each other in a circle
    text: `insert into credentials (user_id, password_hash)
           select user_id, password_hash from unnest($1::uuid[], $2::text[]) as each (user_id, password_hash)
           where not exists (select 1 from pending_sign_ups where pending_sign_ups.user_id = each.user_id)
             and not exists (select 1 from known_people where known_people.user_id = each.user_id and status in ('deleted', 'purged'))
           order by user_id on conflict (user_id) do nothing returning user_id`,
    values: [hashes.map(({ userId }) => userId), hashes.map(({ passwordHash }) => passwordHash)],
  });
  return new Set(rows.map(({ user_id: userId }) => userId));
}
