import type { Queryable } from '@gatehouse/postgres';

/** Where a key is in its life, by the clock of the database. */
export type SigningKeyPhase = 'next' | 'current' | 'retired' | 'withdrawn';

export interface NewSigningKey {
  readonly kid: string;
  /** `x` of the JWK. */
  readonly publicKey: string;
  readonly sealedPrivateKey: Buffer;
}

export interface SigningKeyRow extends NewSigningKey {
  readonly phase: SigningKeyPhase;
  readonly createTime: Date;
  readonly activateTime: Date;
  /** When the next one takes over, or took. */
  readonly retireTime: Date | null;
  readonly withdrawTime: Date | null;
}

// statement_timestamp, since a transaction's now() stands still while it waits for the lock

/** All signing keys, those that sign last first. A key retires when the one that is active after it begins. */
export function listSigningKeys(db: Queryable): Promise<SigningKeyRow[]> {
  return db.query({
    name: 'list-signing-keys-by-phase',
    text: `
      select kid, public_key as "publicKey", sealed_private_key as "sealedPrivateKey", create_time as "createTime",
        activate_time as "activateTime", retire_time as "retireTime", withdraw_time as "withdrawTime",
        case when withdraw_time is not null then 'withdrawn' when activate_time > statement_timestamp() then 'next'
          when retire_time <= statement_timestamp() then 'retired' else 'current' end as phase
      from (
        select *, lead(activate_time) over (
          -- one that was withdrawn before its time took nobody's place
          partition by withdraw_time is null or activate_time < withdraw_time order by activate_time, create_time, kid
        ) as retire_time
        from signing_keys
      ) as each_with_its_end
      order by activate_time desc, create_time desc, kid`,
  });
}

/** Holds all others off who change signing keys, until the transaction ends. */
export async function lockSigningKeys(tx: Queryable): Promise<void> {
  await tx.query({ name: 'lock-signing-keys', text: `select pg_advisory_xact_lock(hashtext('gatehouse.signing_keys'))` });
}

/** Adds a key that signs from so many seconds after now. */
export async function insertSigningKey(tx: Queryable, key: NewSigningKey, inSeconds: number): Promise<void> {
  await tx.query({
    name: 'insert-signing-key-to-activate',
    text: `insert into signing_keys (kid, public_key, sealed_private_key, activate_time) values ($1, $2, $3, statement_timestamp() + $4 * interval '1 second')`,
    values: [key.kid, key.publicKey, key.sealedPrivateKey, inSeconds],
  });
}

export async function activateSigningKeyNow(tx: Queryable, kid: string): Promise<void> {
  await tx.query({ name: 'activate-signing-key', text: 'update signing_keys set activate_time = statement_timestamp() where kid = $1', values: [kid] });
}

/** Takes a key out of use; its private half is of no use any more, and is erased. */
export async function withdrawSigningKey(tx: Queryable, kid: string): Promise<void> {
  await tx.query({
    name: 'withdraw-signing-key',
    text: `update signing_keys set withdraw_time = statement_timestamp(), sealed_private_key = '' where kid = $1`,
    values: [kid],
  });
}

export async function replaceSealedKey(tx: Queryable, kid: string, sealed: Buffer): Promise<void> {
  await tx.query({ name: 'reseal-signing-key', text: 'update signing_keys set sealed_private_key = $2 where kid = $1', values: [kid, sealed] });
}

export async function deleteSigningKeys(tx: Queryable, kids: readonly string[]): Promise<void> {
  await tx.query({ name: 'delete-signing-keys', text: 'delete from signing_keys where kid = any($1)', values: [kids] });
}

/** The time of the database. */
export async function readDatabaseTime(db: Queryable): Promise<Date> {
  const [row] = await db.query<{ now: Date }>({ name: 'read-database-time', text: 'select statement_timestamp() as now' });
  return row!.now;
}
