import type { Database } from './database';
import type { Queryable } from './statement';
import type { TransactionOptions } from './transaction';

/** A transaction that is kept open for what it holds: a lock, or a snapshot. */
export interface HeldTransaction<T> {
  /** What `begin` gave. */
  readonly value: T;
  /** Ends it, unless it has ended with its connection, which nobody is told. */
  release(): Promise<void>;
}

/**
 * Opens a transaction and keeps it open, idle, until it is released. It occupies a connection of its database all the while, so
 * let that be one beside that of calls, without a signal. Throws what `begin` throws, and has ended then.
 */
export async function holdTransaction<T>(
  database: Pick<Database, 'transaction'>,
  begin: (tx: Queryable) => Promise<T>,
  options?: TransactionOptions,
): Promise<HeldTransaction<T>> {
  const begun = Promise.withResolvers<T>();
  const released = Promise.withResolvers<void>();
  const held = database.transaction(async (tx) => {
    await tx.query({ name: 'lift-idle-limit', text: `select set_config('idle_in_transaction_session_timeout', '0', true)` });
    begun.resolve(await begin(tx));
    await released.promise;
  }, options);
  const ended = held.catch(begun.reject);
  return {
    value: await begun.promise,
    async release() {
      released.resolve();
      await ended;
    },
  };
}
