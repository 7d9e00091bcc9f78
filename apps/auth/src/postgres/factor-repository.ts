import type { Queryable } from '@gatehouse/postgres';

/** A factor without its secret. */
export interface FactorRow {
  readonly id: string;
  readonly displayName: string;
  readonly createTime: Date;
  /** Since when it counts; null while it is pending. */
  readonly confirmTime: Date | null;
  readonly lastUseTime: Date | null;
}

export interface SealedFactor {
  readonly id: string;
  readonly sealedSecret: Buffer;
}

const columns = 'id, display_name as "displayName", create_time as "createTime", confirm_time as "confirmTime", last_use_time as "lastUseTime"';
// what is not confirmed by then is as if it had never been
const isPending = `confirm_time is null and create_time > now() - interval '1 hour'`;

/** Adds a factor that is pending, in the place of another one that is; undefined for a person who is gone. */
export async function putPendingTotp(
  tx: Queryable,
  { id, userId, displayName, sealedSecret }: { id: string; userId: string; displayName: string; sealedSecret: Buffer },
): Promise<FactorRow | undefined> {
  const [row] = await tx.query<FactorRow>({
    name: 'put-pending-totp',
    text: `insert into factors (id, user_id, kind, display_name, sealed_secret)
           select $1::uuid, $2::uuid, 'totp', $3, $4::bytea
           where not exists (select from known_people where user_id = $2::uuid and status in ('deleted', 'purged'))
           on conflict (user_id) where confirm_time is null do update
             set id = excluded.id, display_name = excluded.display_name, sealed_secret = excluded.sealed_secret, create_time = now()
           returning ${columns}`,
    values: [id, userId, displayName, sealedSecret],
  });
  return row;
}

export async function findPendingTotp(db: Queryable, userId: string, id: string): Promise<SealedFactor | undefined> {
  const [row] = await db.query<SealedFactor>({
    name: 'find-pending-totp',
    text: `select id, sealed_secret as "sealedSecret" from factors where user_id = $1 and id = $2 and ${isPending}`,
    values: [userId, id],
  });
  return row;
}

/** Has a pending factor count, and takes the code of this step with it; undefined when it is pending no more. */
export async function confirmTotp(tx: Queryable, id: string, step: number): Promise<FactorRow | undefined> {
  const [row] = await tx.query<FactorRow>({
    name: 'confirm-totp',
    text: `update factors set confirm_time = now(), last_use_time = now(), last_step = $2 where id = $1 and ${isPending} returning ${columns}`,
    values: [id, step],
  });
  return row;
}

/** The factors that count, the oldest first. */
export function listConfirmedTotp(db: Queryable, userId: string): Promise<readonly SealedFactor[]> {
  return db.query<SealedFactor>({
    name: 'list-confirmed-totp',
    text: 'select id, sealed_secret as "sealedSecret" from factors where user_id = $1 and confirm_time is not null order by id',
    values: [userId],
  });
}

/** Takes the code of a step; false when one of it, or of a later one, was taken before. Of several at once one takes it. */
export async function takeStep(tx: Queryable, id: string, step: number): Promise<boolean> {
  const rows = await tx.query({
    name: 'take-totp-step',
    text: 'update factors set last_step = $2, last_use_time = now() where id = $1 and confirm_time is not null and last_step < $2 returning 1',
    values: [id, step],
  });
  return rows.length === 1;
}

export async function countConfirmedFactors(db: Queryable, userId: string): Promise<number> {
  const [row] = await db.query<{ count: number }>({
    name: 'count-confirmed-factors',
    text: 'select count(*)::int as count from factors where user_id = $1 and confirm_time is not null',
    values: [userId],
  });
  return row!.count;
}

/** All that a person has, what is pending included, the oldest first. */
export function listFactors(db: Queryable, userId: string): Promise<readonly FactorRow[]> {
  return db.query<FactorRow>({
    name: 'list-factors',
    text: `select ${columns} from factors where user_id = $1 and (confirm_time is not null or ${isPending}) order by create_time, id`,
    values: [userId],
  });
}

/** Removes a factor of the person; says whether it counted, and is undefined where there is none. */
export async function deleteFactor(tx: Queryable, userId: string, id: string): Promise<boolean | undefined> {
  const [row] = await tx.query<{ counted: boolean }>({
    name: 'delete-factor',
    text: 'delete from factors where user_id = $1 and id = $2 returning confirm_time is not null as counted',
    values: [userId, id],
  });
  return row?.counted;
}

/** Removes all that a person has; gives how many of them counted. */
export async function deleteFactors(tx: Queryable, userId: string): Promise<number> {
  const [row] = await tx.query<{ count: number }>({
    name: 'delete-factors',
    text: `with deleted as (delete from factors where user_id = $1 returning confirm_time)
           select (count(*) filter (where confirm_time is not null))::int as count from deleted`,
    values: [userId],
  });
  return row!.count;
}

/** Some factors of whomever, those with the ids after one, with who they are of. */
export function listSealedFactors(db: Queryable, afterId: string, limit: number): Promise<readonly (SealedFactor & { readonly userId: string })[]> {
  return db.query({
    name: 'list-sealed-factors',
    text: 'select id, user_id as "userId", sealed_secret as "sealedSecret" from factors where id > $1 order by id limit $2',
    values: [afterId, limit],
  });
}

/** Puts secrets in the place of those that factors have; gives how many are there still. */
export async function replaceSealedSecrets(tx: Queryable, factors: readonly SealedFactor[]): Promise<number> {
  const rows = await tx.query({
    name: 'reseal-factors',
    text: `update factors set sealed_secret = sealed.secret from unnest($1::uuid[], $2::bytea[]) as sealed (id, secret)
           where factors.id = sealed.id returning 1`,
    values: [factors.map(({ id }) => id), factors.map(({ sealedSecret }) => sealedSecret)],
  });
  return rows.length;
}

const batchSize = 1_000;

/** Removes some factors that were not confirmed in time; gives whether there may be more. */
export async function deleteUnconfirmedFactors(db: Queryable): Promise<boolean> {
  const [row] = await db.query<{ count: number }>({
    name: 'delete-unconfirmed-factors',
    text: `with old as materialized (
             select id from factors where confirm_time is null and create_time < now() - interval '1 hour'
             order by create_time limit ${batchSize} for update skip locked),
           deleted as (delete from factors using old where factors.id = old.id returning 1)
           select count(*)::int as count from deleted`,
  });
  return row!.count === batchSize;
}
