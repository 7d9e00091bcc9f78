import type { Queryable } from '@gatehouse/postgres';

export interface NewMail {
  readonly id: string;
  readonly kind: string;
  readonly userId?: string;
  readonly sealed: Buffer;
  readonly validForSeconds: number;
}

export async function insertMail(tx: Queryable, { id, kind, userId, sealed, validForSeconds }: NewMail): Promise<void> {
  await tx.query({
    name: 'insert-mail',
    text: `insert into mails (id, kind, user_id, sealed, expire_time) values ($1, $2, $3, $4, now() + $5 * interval '1 second')`,
    values: [id, kind, userId, sealed, validForSeconds],
  });
}

/** A mail that this process is to send, until its lease has run out. */
export interface TakenMail {
  readonly id: string;
  readonly sealed: Buffer;
  /** How often it was tried, with this time. */
  readonly attempts: number;
  readonly createTime: Date;
}

/** Takes the mails whose turn it is, of kinds that are known here; nobody else gets them for as long as the lease says. */
export async function takeMails(db: Queryable, limit: number, leaseMs: number, kinds: readonly string[]): Promise<readonly TakenMail[]> {
  return db.query<TakenMail>({
    name: 'take-mails',
    text: `with taken as materialized (
             select id from mails
             where state = 'queued' and next_attempt_time <= now() and expire_time > now() and kind = any ($3::text[])
             order by next_attempt_time limit $1 for update skip locked)
           update mails set attempts = attempts + 1, next_attempt_time = now() + $2 * interval '1 millisecond'
           from taken where mails.id = taken.id
           returning mails.id, sealed, attempts, create_time as "createTime"`,
    values: [limit, leaseMs, kinds],
  });
}

/** Has a mail tried again after a while, unless it has ended. */
export async function postponeMail(db: Queryable, id: string, delayMs: number, reason: string): Promise<void> {
  await db.query({
    name: 'postpone-mail',
    text: `update mails set next_attempt_time = now() + $2 * interval '1 millisecond', last_error = $3 where id = $1 and state = 'queued'`,
    values: [id, delayMs, reason],
  });
}

/** Notes that a mail was sent, or is given up for a reason; what it said is erased with that. */
export async function endMail(db: Queryable, id: string, state: 'sent' | 'failed', reason?: string): Promise<void> {
  await db.query({
    name: 'end-mail',
    text: `update mails set state = $2, end_time = now(), sealed = null, last_error = coalesce($3, last_error) where id = $1`,
    values: [id, state, reason],
  });
}

const batchSize = 1_000;

/** Gives up some mails of which what they say has expired; gives the kind of each. */
export async function expireMails(db: Queryable): Promise<readonly string[]> {
  const rows = await db.query<{ kind: string }>({
    name: 'expire-mails',
    text: `with expired as materialized (
             select id from mails where state = 'queued' and expire_time <= now() limit ${batchSize} for update skip locked)
           update mails set state = 'failed', end_time = now(), sealed = null, last_error = 'expired'
           from expired where mails.id = expired.id returning kind`,
  });
  return rows.map(({ kind }) => kind);
}

/** Removes some mails that have ended a day ago; gives whether there may be more. */
export async function deleteEndedMails(db: Queryable): Promise<boolean> {
  const [row] = await db.query<{ count: number }>({
    name: 'delete-ended-mails',
    text: `with ended as materialized (
             select id from mails where state <> 'queued' and end_time < now() - interval '1 day'
             order by end_time limit ${batchSize} for update skip locked),
           deleted as (delete from mails using ended where mails.id = ended.id returning 1)
           select count(*)::int as count from deleted`,
  });
  return row!.count === batchSize;
}

/** The mails of a kind that wait, and how old the oldest of them is, in seconds. */
export interface WaitingMails {
  readonly kind: string;
  readonly count: number;
  readonly ageSeconds: number;
}

export const countWaitingMails = (db: Queryable): Promise<readonly WaitingMails[]> =>
  db.query<WaitingMails>({
    name: 'count-waiting-mails',
    text: `select kind, count(*)::int as count, extract(epoch from now() - min(create_time))::float8 as "ageSeconds"
           from mails where state = 'queued' group by kind`,
  });
