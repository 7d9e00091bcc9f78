-- The passwords that people had before the one in credentials, so that they are not set again; gone with it.
create table password_history (
  id bigint generated always as identity primary key,
  user_id uuid not null constraint password_history_user_id_fkey references credentials (user_id) on delete cascade,
  password_hash text not null,
  retire_time timestamptz(3) not null default clock_timestamp()
);

create index password_history_user_id_idx on password_history (user_id, id);
