import { insertEvents } from './events';

// Without the order the server may number rows as it likes; the numbers are given after sorting.
export const appendEvents = insertEvents(
  `select type, subject, payload from unnest($1::text[], $2::uuid[], $3::bytea[]) with ordinality as given (type, subject, payload, number)
  order by number`,
);

// Timeline by the write-ahead log that is written: pg_control_checkpoint() tells the one of before until the first checkpoint after
// a promotion. A standby has none, and answers 55000, which is UNAVAILABLE.
const place = `select control.system_identifier::text as system, left(pg_walfile_name(pg_current_wal_insert_lsn()), 8) as timeline,
    horizon.system_identifier = control.system_identifier as is_own, horizon.xid, horizon.id, horizon.create_time
  from outbox_horizon as horizon, pg_control_system() as control`;

// Transactions below xmin have ended, whatever database they are of, so that nothing will come before what is read.
const isSettled = 'xid < pg_snapshot_xmin(pg_current_snapshot())';

// exact for any number, of which not all are times
const toMs = (time: string) => `(extract(epoch from ${time}) * 1000)::bigint`;

// One snapshot for the check and the events, so that a sweep cannot come between. $1 to $3 name the event
// before, and are null for all that there are.
export const readEvents = `with place as materialized (${place})
  select place.system, place.timeline, place.is_own, place.xid::text as horizon_xid, place.id as horizon_id, place.create_time as horizon_time,
    $1::xid8 is null or (place.xid, place.id, ${toMs('place.create_time')}) = ($1::xid8, $2::bigint, $3::bigint)
      or exists (select from outbox_events where (xid, id, ${toMs('create_time')}) = ($1::xid8, $2::bigint, $3::bigint)) as is_known,
    event.xid::text, event.id, event.create_time, event.subject, event.type, event.payload
  from place left join lateral (
    select xid, id, create_time, subject, type, payload from outbox_events
    where (xid, id) > (coalesce($1::xid8, (select xid from outbox_horizon)), coalesce($2::bigint, (select id from outbox_horizon))) and ${isSettled}
    order by xid, id limit $4) as event on true
  order by event.xid, event.id`;

// What is committed, while a transaction of the cluster that began before is still open. $1 and $2 name the event before, $3 the ids that
// are left out: by the server, so that the limit counts what is left.
export const readUnsettled = `with place as materialized (${place})
  select place.system, place.timeline, event.xid::text, event.id, event.create_time, event.subject, event.type, event.payload
  from place cross join lateral (
    select xid, id, create_time, subject, type, payload from outbox_events
    where place.is_own and not (${isSettled}) and (xid, id) > (coalesce($1::xid8, '0'), coalesce($2::bigint, 0)) and not (id <@ $3::int8multirange)
    order by xid, id limit $4) as event
  order by event.xid, event.id`;

const lastSettled = `select xid, id, create_time from outbox_events where ${isSettled} order by xid desc, id desc limit 1`;

export const findLast = `with place as materialized (${place})
  select place.system, place.timeline, place.is_own, coalesce(last.xid, place.xid)::text as xid, coalesce(last.id, place.id) as id,
    coalesce(last.create_time, place.create_time) as create_time
  from place left join lateral (${lastSettled}) as last on true`;

// The age of the first event after a position, also of one that a running transaction still holds back.
export const findNews = `select last.xid::text as xid, last.id,
    (select extract(epoch from clock_timestamp() - create_time)::float8 from outbox_events
      where (xid, id) > ($1::xid8, $2::bigint) order by xid, id limit 1) as lag_seconds
  from (values (1)) as one left join lateral (${lastSettled}) as last on true`;

// The same, and how many are committed that are not settled: whoever reads eagerly has something to read when that changes.
export const findUnsettledNews = `select news.*, unsettled.count, unsettled.last from (${findNews}) as news,
    (select count(*)::int as count, max(id) as last from outbox_events where not (${isSettled})) as unsettled`;

// The rows came with a dump: their xids say nothing here. They are told again, with what was appended before anybody read: no follower has a
// cursor of this cluster yet. By their ids, since xids of two clusters have no order.
export const adoptTables = `with adopted as (
    update outbox_horizon set xid = '0', id = 0, create_time = 'epoch', system_identifier = control.system_identifier
    from pg_control_system() as control where outbox_horizon.system_identifier <> control.system_identifier
    returning 1),
  taken as (delete from outbox_events where exists (select from adopted) returning id, create_time, subject, type, payload)
  insert into outbox_events (create_time, subject, type, payload) select create_time, subject, type, payload from taken order by id`;

// From the horizon on, so that rows removed before, but not vacuumed yet, are not walked over again, up to the first that is young.
// Another sweep holds the horizon: then there is none, and nothing is done.
export const deleteExpired = `with horizon as materialized (select xid, id from outbox_horizon for update skip locked),
  oldest as (
    select xid, id, bool_and(create_time < now() - $1 * interval '1 millisecond') over (order by xid, id) as is_expired
    from (
      select xid, id, create_time from outbox_events
      where (xid, id) > ((select xid from horizon), (select id from horizon)) and ${isSettled}
      order by xid, id limit $2) as batch),
  deleted as (
    delete from outbox_events using oldest
    where oldest.is_expired and outbox_events.xid = oldest.xid and outbox_events.id = oldest.id
    returning outbox_events.xid, outbox_events.id, outbox_events.create_time),
  moved as (
    update outbox_horizon set xid = last.xid, id = last.id, create_time = last.create_time
    from (select xid, id, create_time from deleted order by xid desc, id desc limit 1) as last)
  select count(*)::int as count from deleted`;
