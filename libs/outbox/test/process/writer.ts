// Appends events in transactions of all kinds until it is killed; run by killed-writers.test.ts.
import { randomInt, randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { createDatabase, type Queryable } from '@gatehouse/postgres';
import { createOutbox } from '../../src';
import { cursorExpired } from '../cursor-expired';

const database = createDatabase({ url: process.env.WRITER_URL!, applicationName: 'writer', poolSize: 4 });
const outbox = createOutbox({ cursorExpired });

async function write(tx: Queryable, texts: readonly string[]): Promise<void> {
  await tx.query({ name: 'note', text: 'insert into ledger select unnest($1::text[])', values: [texts] });
  await pause(randomInt(3));
  await outbox.append(
    tx,
    texts.map((text) => ({ type: 'said', payload: Buffer.from(text) })),
  );
}

async function writeOn(): Promise<never> {
  for (;;)
    try {
      await database.transaction(async (tx) => {
        for (let statements = randomInt(1, 4); statements > 0; statements--) {
          await write(
            tx,
            Array.from({ length: randomInt(1, 10) }, () => randomUUID()),
          );
          // now and then long after others that began later
          await pause(randomInt(5) === 0 ? randomInt(200) : 0);
        }
        if (randomInt(4) === 0) throw new Error('rolled back');
      });
    } catch (error) {
      if ((error as Error).message !== 'rolled back') throw error;
    }
}

void Promise.all(Array.from({ length: 4 }, writeOn));
