import type { Database } from '@gatehouse/postgres';

export interface SigningKeyRow {
  kid: string;
  /** `x` of the JWK. */
  public_key: string;
  sealed_private_key: Buffer;
}

/** All signing keys, newest first. */
export function listSigningKeys(db: Pick<Database, 'query'>): Promise<SigningKeyRow[]> {
  return db.query({ name: 'list-signing-keys', text: 'select kid, public_key, sealed_private_key from signing_keys order by create_time desc, kid' });
}

/** Adds the first key that `make` gives, unless another process was faster: one key, however many start at once. */
export function insertFirstSigningKey(db: Database, make: () => Promise<SigningKeyRow>): Promise<void> {
  return db.transaction(async (tx) => {
    await tx.query({ name: 'lock-signing-keys', text: `select pg_advisory_xact_lock(hashtext('gatehouse.signing_keys'))` });
    if ((await listSigningKeys(tx)).length) return;
    const { kid, public_key, sealed_private_key } = await make();
    await tx.query({
      name: 'insert-signing-key',
      text: 'insert into signing_keys (kid, public_key, sealed_private_key) values ($1, $2, $3)',
      values: [kid, public_key, sealed_private_key],
    });
  });
}
