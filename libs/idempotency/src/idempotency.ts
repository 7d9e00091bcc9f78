import { createHmac, createSecretKey, timingSafeEqual } from 'node:crypto';
import { requestIdReused, requestInProgress } from '@gatehouse/contracts/api';
import { type Queryable, findSqlState } from '@gatehouse/postgres';

/** Whose request it is, to which method, and the `request_id` it carries (AIP-155). */
export interface IdempotencyKey {
  readonly principal: string;
  readonly method: string;
  readonly requestId: string;
}

/** Answers a repeated request as the first time, without doing it again. A key with an empty request id asks for nothing. */
export interface Idempotency {
  /**
   * Runs `run` once for a key, in the caller's transaction; a repetition gets the stored answer.
   * @throws requestIdReused() when the key came with another request, requestInProgress() while the first is being answered
   */
  once(tx: Queryable, key: IdempotencyKey, request: Uint8Array, run: () => Promise<Uint8Array>): Promise<Uint8Array>;
  /** Whether the request was done already; for answers that may not be stored. Throws as `once`, except for what is still running. */
  find(db: Queryable, key: IdempotencyKey, request: Uint8Array): Promise<boolean>;
  /** Notes in the caller's transaction that the request is done. Throws as `once`, also requestInProgress() for what was done meanwhile. */
  record(tx: Queryable, key: IdempotencyKey, request: Uint8Array): Promise<void>;
  /**
   * Forgets in the caller's transaction what was answered with `text` in it, say the id of a person who is erased. That the requests were done
   * stays known: a repetition is refused by requestIdReused(). Every record is looked at, those of a day.
   */
  forget(tx: Queryable, text: string): Promise<void>;
  /**
   * Removes the records that are older than the retention, a batch a statement, until there are none or `signal` aborts; gives
   * how many. No writer waits for it, nor it for one.
   */
  sweep(db: Queryable, signal?: AbortSignal): Promise<number>;
}

export interface IdempotencyOptions {
  /** Key of the HMAC that a request is kept as: 32 bytes. */
  secret: Uint8Array;
  /** How long to wait for a first request that is still running. Default: 100 ms. */
  lockTimeoutMs?: number;
  /** How long a record is kept at least: one that is not swept yet still counts. Default: a day. */
  retentionMs?: number;
  /** How many records a statement of a sweep removes at most. Default: 1000. */
  batchSize?: number;
}

interface RecordRow {
  readonly request_mac: Buffer;
  readonly response: Buffer | null;
}

// The limit is set first, and only for this insert, which waits while a transaction with the same key is open.
const insertRecord = `with limited as materialized (select set_config('lock_timeout', $5, true))
  insert into idempotency_records (principal, method, request_id, request_mac)
  select $1, $2, $3, $4 from limited
  on conflict (principal, method, request_id) do nothing
  returning true as inserted`;
const findRecord = 'select request_mac, response from idempotency_records where principal = $1 and method = $2 and request_id = $3';
const storeResponse = 'update idempotency_records set response = $4 where principal = $1 and method = $2 and request_id = $3';
const forgetResponses = `update idempotency_records set response = null where response is not null and position(convert_to($1, 'UTF8') in response) > 0`;
// What a writer holds is left for the next time, so that neither waits for the other.
const deleteExpired = `with expired as materialized (
    select principal, method, request_id from idempotency_records
    where create_time < now() - $1 * interval '1 millisecond'
    order by create_time limit $2 for update skip locked),
  deleted as (
    delete from idempotency_records using expired
    where idempotency_records.principal = expired.principal
      and idempotency_records.method = expired.method
      and idempotency_records.request_id = expired.request_id
    returning 1)
  select count(*)::int as count from deleted`;

/** @throws RangeError for a secret of another length than 32 bytes. */
export function createIdempotency(options: IdempotencyOptions): Idempotency {
  const { secret, lockTimeoutMs = 100, retentionMs = 86_400_000, batchSize = 1_000 } = options;
  if (secret.length !== 32) throw new RangeError('the secret of the idempotency records must have 32 bytes');
  const macKey = createSecretKey(secret);

  const toValues = (key: IdempotencyKey) => [key.principal, key.method, key.requestId];
  // Bound to its key, so that equal requests of two people do not show as equal.
  const toMac = (key: IdempotencyKey, request: Uint8Array) =>
    createHmac('sha256', macKey)
      .update(JSON.stringify(toValues(key)))
      .update(request)
      .digest();

  async function findSame(db: Queryable, key: IdempotencyKey, mac: Buffer): Promise<RecordRow | undefined> {
    const [row] = await db.query<RecordRow>({ name: 'find-idempotency-record', text: findRecord, values: toValues(key) });
    if (row && !timingSafeEqual(row.request_mac, mac)) throw requestIdReused();
    return row;
  }

  /** Whether the key is new, and now ours until the transaction ends. */
  async function claim(tx: Queryable, key: IdempotencyKey, mac: Buffer): Promise<boolean> {
    try {
      const rows = await tx.query({ name: 'insert-idempotency-record', text: insertRecord, values: [...toValues(key), mac, String(lockTimeoutMs)] });
      if (rows.length === 1) await tx.query({ name: 'lift-lock-timeout', text: 'set local lock_timeout to default' });
      return rows.length === 1;
    } catch (error) {
      throw findSqlState(error) === '55P03' ? toInProgress(error) : error;
    }
  }

  return {
    async once(tx, key, request, run) {
      if (key.requestId === '') return run();
      const mac = toMac(key, request);
      if (await claim(tx, key, mac)) {
        const response = await run();
        await tx.query({ name: 'store-idempotent-response', text: storeResponse, values: [...toValues(key), Buffer.from(response)] });
        return response;
      }
      const row = await findSame(tx, key, mac);
      // Swept between the two statements: the next attempt is a first one.
      if (!row) throw toInProgress();
      // forgotten, with the person whom it told of
      if (!row.response) throw requestIdReused();
      return row.response;
    },
    find: async (db, key, request) => key.requestId !== '' && (await findSame(db, key, toMac(key, request))) !== undefined,
    async record(tx, key, request) {
      if (key.requestId === '') return;
      const mac = toMac(key, request);
      if (await claim(tx, key, mac)) return;
      await findSame(tx, key, mac);
      throw toInProgress();
    },
    async forget(tx, text) {
      await tx.query({ name: 'forget-idempotent-responses', text: forgetResponses, values: [text] });
    },
    async sweep(db, signal) {
      const statement = { name: 'delete-expired-idempotency-records', text: deleteExpired, values: [retentionMs, batchSize] };
      for (let total = 0; ;) {
        const [row] = await db.query<{ count: number }>(statement);
        total += row?.count ?? 0;
        if ((row?.count ?? 0) < batchSize || signal?.aborted) return total;
      }
    },
  };
}

const toInProgress = (cause?: unknown) => requestInProgress({ cause, retryDelayMs: 200 });
