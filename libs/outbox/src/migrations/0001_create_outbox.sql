-- What has changed, in the order of the commits: read by (xid, id), below the oldest transaction that still runs.
create table outbox_events (
  xid xid8 not null default pg_current_xact_id(),
  id bigint not null generated always as identity,
  create_time timestamptz(3) not null default clock_timestamp(),
  subject uuid,
  type text not null,
  payload bytea not null,
  primary key (xid, id)
);

-- The last event that was removed, and the cluster: after a dump is restored, xids begin anew, and the rows are of another one.
create table outbox_horizon (
  is_only boolean primary key default true check (is_only),
  xid xid8 not null,
  id bigint not null,
  create_time timestamptz(3) not null,
  system_identifier bigint not null
);
insert into outbox_horizon (xid, id, create_time, system_identifier) select '0', 0, 'epoch', system_identifier from pg_control_system();
