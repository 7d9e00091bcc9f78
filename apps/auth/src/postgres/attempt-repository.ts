import type { Database, Queryable } from '@gatehouse/postgres';
import { type AttemptStore, maxLevelOf } from '../attempts/attempt-store';

// A tenth of a failure is none: what is forgotten between attempts at once gives nobody one more.
const step = (level: string) => `
  case when ceil(${level} - 0.1) >= p.free
    then clock.time + least(p.max_ms, p.first_ms * 2 ^ (ceil(${level} - 0.1) - p.free)) * interval '1 millisecond' end`;
const time = `select coalesce($1::timestamptz(3), clock_timestamp()::timestamptz(3)) as time`;

// how many failures were forgotten meanwhile
const forgotten = (since: string, now: string, forgetMs: string) => `greatest(0, extract(epoch from ${now} - ${since})) * 1000 / ${forgetMs}`;

// In the order of the keys, so that two that name the same ones never wait for each other.
const reserveAttempts = `with clock as materialized (${time}),
  p as materialized (
    select * from unnest($2::bytea[], $3::float8[], $4::float8[], $5::float8[], $6::float8[], $7::float8[])
      as p(key, free, first_ms, max_ms, forget_ms, max_level))
  insert into attempts as kept (key, level, update_time, blocked_until, expire_time)
  select p.key, 1, clock.time, ${step('1')}, clock.time + (p.forget_ms + p.max_ms) * interval '1 millisecond'
  from p, clock order by p.key
  on conflict (key) do update set (level, update_time, blocked_until, expire_time) = (
    select now.level, clock.time, ${step('now.level')}, clock.time + (now.level * p.forget_ms + p.max_ms) * interval '1 millisecond'
    from p, clock, lateral (
      select least(p.max_level, 1 + greatest(0, kept.level - ${forgotten('kept.update_time', 'clock.time', 'p.forget_ms')})) as level) as now
    where p.key = excluded.key)
  where kept.blocked_until is null or kept.blocked_until <= excluded.update_time
  returning key, update_time, extract(epoch from coalesce(blocked_until, update_time) - update_time) * 1000 as delay_ms`;
const findDelays = `with clock as materialized (${time})
  select key, greatest(0, extract(epoch from blocked_until - clock.time)) * 1000 as delay_ms
  from attempts, clock where key = any($2::bytea[])`;
// a delay that another one brought about meanwhile stays
const settleAttempts = `with settled as materialized (
    select * from unnest($1::bytea[], $2::timestamptz[], $3::boolean[]) as settled(key, update_time, is_cleared)),
  held as materialized (select key from attempts where key in (select key from settled) order by key for update)
  update attempts set
    level = case when settled.is_cleared then 0 else greatest(0, level - 1) end,
    blocked_until = case when settled.is_cleared or attempts.update_time = settled.update_time then null else blocked_until end
  from settled, held where attempts.key = settled.key and attempts.key = held.key`;
const findLevel = `with clock as materialized (${time})
  select greatest(0, level - ${forgotten('update_time', 'clock.time', '$3::float8')}) as level from attempts, clock where key = $2`;
const countAttempts = `with clock as materialized (${time})
  insert into attempts as kept (key, level, update_time, expire_time)
  select $2, $3::float8, time, time + $3::float8 * $4::float8 * interval '1 millisecond' from clock
  on conflict (key) do update set
    level = excluded.level + greatest(0, kept.level - ${forgotten('kept.update_time', 'excluded.update_time', '$4::float8')}),
    update_time = excluded.update_time,
    expire_time = greatest(kept.expire_time, excluded.update_time) + $3::float8 * $4::float8 * interval '1 millisecond'
  returning level`;

interface DelayRow {
  readonly key: Buffer;
  readonly delay_ms: number | string;
}

/** Counts in the database. @param now milliseconds since the epoch, in place of the database's clock */
export function createPostgresStore(database: Pick<Database, 'query'>, now?: () => number): AttemptStore {
  const time = () => (now ? new Date(now()) : null);
  return {
    async reserve(entries) {
      const keys = entries.map(({ key }) => key);
      const of = (pick: (entry: (typeof entries)[number]) => number) => entries.map(pick);
      const rows = await database.query<DelayRow & { update_time: Date }>({
        name: 'reserve-attempts',
        text: reserveAttempts,
        values: [
          time(),
          keys,
          of(({ policy }) => policy.free),
          of(({ policy }) => policy.firstDelayMs),
          of(({ policy }) => policy.maxDelayMs),
          of(({ policy }) => policy.forgetMs),
          of(({ policy }) => maxLevelOf(policy)),
        ],
      });
      const isRefused = rows.length < keys.length;
      const delays = isRefused ? await database.query<DelayRow>({ name: 'find-attempt-delays', text: findDelays, values: [time(), keys] }) : [];
      return keys.map((key) => {
        const row = rows.find((each) => each.key.equals(key));
        const delay = row ?? delays.find((each) => each.key.equals(key));
        return { key, isAdmitted: row !== undefined, countedMs: row?.update_time.getTime() ?? 0, delayMs: Number(delay?.delay_ms ?? 0) };
      });
    },
    async settle(settlements) {
      await database.query({
        name: 'settle-attempts',
        text: settleAttempts,
        values: [settlements.map(({ key }) => key), settlements.map(({ countedMs }) => new Date(countedMs)), settlements.map(({ isCleared }) => isCleared)],
      });
    },
    async count(key, failures, forgetMs) {
      const read = { name: 'find-attempt-level', text: findLevel, values: [time(), key, forgetMs] };
      const [row] = await database.query<{ level: number }>(
        failures ? { name: 'count-attempts', text: countAttempts, values: [time(), key, failures, forgetMs] } : read,
      );
      return row?.level ?? 0;
    },
  };
}

/** Removes rows that say nothing any more, at most a batch; whether there were any. */
export async function deleteForgottenAttempts(db: Queryable): Promise<boolean> {
  const rows = await db.query({
    name: 'delete-forgotten-attempts',
    text: `with forgotten as materialized (select key from attempts where expire_time < now() limit 20000 for update skip locked),
             deleted as (delete from attempts using forgotten where attempts.key = forgotten.key returning 1)
           select 1 from deleted limit 1`,
  });
  return rows.length > 0;
}
