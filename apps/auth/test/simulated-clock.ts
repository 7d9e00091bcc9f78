import type { Database } from '@gatehouse/postgres';

/** A clock that stands still until it is told to go on, for the process and for what the statements of one database call now. */
export interface SimulatedClock {
  /** Goes on by so many milliseconds. */
  advance(ms: number): Promise<void>;
  close(): void;
}

/**
 * Makes `now()` and `clock_timestamp()` of a database, and `Date` of this process, run ahead. PostgreSQL finds its own functions last only where the
 * search path says so; connections that are open already keep the old one.
 */
export async function simulateClock(database: Database): Promise<SimulatedClock> {
  const run = (name: string, text: string, values: unknown[] = []) => database.query({ name, text, values, isPrepared: false });
  await run('create-simulated-schema', 'create schema simulated');
  await run('create-simulated-clock', 'create table simulated.clock (shift interval not null)');
  await run('start-simulated-clock', `insert into simulated.clock values ('0')`);
  for (const name of ['now', 'clock_timestamp'])
    await run(
      `simulate-${name}`,
      `create function simulated.${name}() returns timestamptz language sql volatile as 'select pg_catalog.${name}() + (select shift from simulated.clock)'`,
    );
  await run(
    'look-at-simulated-clock',
    `do $$ begin execute format('alter database %I set search_path = simulated, public, pg_catalog', current_database()); end $$`,
  );
  let shiftMs = 0;
  const realNow = Date.now.bind(Date);
  const RealDate = Date;
  class ShiftedDate extends RealDate {
    constructor(...values: [] | [number | string | Date]) {
      if (values.length) super(values[0]);
      else super(realNow() + shiftMs);
    }
    static override now = () => realNow() + shiftMs;
  }
  globalThis.Date = ShiftedDate as DateConstructor;
  return {
    async advance(ms) {
      shiftMs += ms;
      await run('advance-simulated-clock', `update simulated.clock set shift = $1 * interval '1 millisecond'`, [shiftMs]);
    },
    close: () => void (globalThis.Date = RealDate),
  };
}
