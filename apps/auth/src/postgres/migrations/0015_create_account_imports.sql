-- How far each import of accounts is: its rows up to here have their person at user, and their password here. Written with the passwords.
create table account_imports (
  import_id uuid primary key,
  last_number bigint not null default 0,
  created bigint not null default 0,
  updated bigint not null default 0,
  unchanged bigint not null default 0,
  skipped bigint not null default 0,
  failed bigint not null default 0,
  update_time timestamptz(3) not null default now()
);

create index account_imports_update_time_idx on account_imports (update_time);
