import { setTimeout as pause } from 'node:timers/promises';
import { createDatabase, type Database, type Queryable } from '@gatehouse/postgres';
import { createTestDatabase } from '@gatehouse/postgres/testing';
import { createOutbox, type EventBatch, type OutboxEvent, type OutboxOptions, outboxMigrations } from '../src';
import { cursorExpired } from './cursor-expired';

export const toText = ({ payload }: Pick<OutboxEvent, 'payload'>): string => Buffer.from(payload).toString();

/** An outbox on a database, and what tests do with it. */
export function useOutbox(database: Database, options: Partial<OutboxOptions> = {}) {
  const outbox = createOutbox({ cursorExpired, ...options });
  return {
    database,
    outbox,
    append: (tx: Queryable, ...texts: string[]) =>
      outbox.append(
        tx,
        texts.map((text) => ({ type: 'said', payload: Buffer.from(text) })),
      ),
    /** Reads until there are `count` events: transactions of other tests on this server hold them back. */
    async readUntil(count: number, after?: string, limit = 1_000): Promise<EventBatch> {
      const events: OutboxEvent[] = [];
      for (let cursor = after; ;) {
        const batch = await outbox.read(database, cursor, limit);
        events.push(...batch.events);
        cursor = batch.cursor;
        if (events.length >= count) return { events, cursor };
        if (batch.events.length === 0) await pause(10);
      }
    },
    /** Begins a transaction that has an id; the first function given appends in it, the second ends it. */
    async begin(): Promise<Open> {
      let release: (outcome: 'commit' | 'rollback') => void = () => {};
      const end = new Promise<'commit' | 'rollback'>((resolve) => (release = resolve));
      let tell: (tx: Queryable) => void = () => {};
      const began = new Promise<Queryable>((resolve) => (tell = resolve));
      const done = database
        .transaction(async (tx) => {
          await tx.query({ name: 'take-xid', text: 'select pg_current_xact_id()' });
          tell(tx);
          if ((await end) === 'rollback') throw new Error('rolled back');
        })
        .catch((error: Error) => {
          if (error.message !== 'rolled back') throw error;
        });
      const tx = await began;
      return { tx, end: (outcome) => (release(outcome), done) };
    },
  };
}

interface Open {
  readonly tx: Queryable;
  end(outcome: 'commit' | 'rollback'): Promise<void>;
}

export type OpenOutbox = ReturnType<typeof useOutbox> & { readonly url: string; close(): Promise<void> };

/** An outbox in a database of its own on the server of the tests. */
export async function openOutbox(options?: Partial<OutboxOptions>): Promise<OpenOutbox> {
  const testDatabase = await createTestDatabase([outboxMigrations]);
  const database = createDatabase({ url: testDatabase.url, applicationName: 'outbox', poolSize: 10 });
  const close = async () => {
    await database.close();
    await testDatabase.drop();
  };
  return { ...useOutbox(database, options), url: testDatabase.url, close };
}
