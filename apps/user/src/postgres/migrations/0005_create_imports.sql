-- How far each import is, so that one that was cut off is taken up where it stopped: written with the rows that it counts.
create table imports (
  import_id uuid primary key,
  principal text not null,
  match_provider text not null,
  on_existing text not null check (on_existing in ('update', 'skip', 'fail')),
  last_number bigint not null default 0,
  created bigint not null default 0,
  updated bigint not null default 0,
  unchanged bigint not null default 0,
  skipped bigint not null default 0,
  failed bigint not null default 0,
  create_time timestamptz(3) not null default now(),
  update_time timestamptz(3) not null default now()
);

create index imports_update_time_idx on imports (update_time);
