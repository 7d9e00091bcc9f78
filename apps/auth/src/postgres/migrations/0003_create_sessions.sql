create table sessions (
  id uuid primary key,
  user_id uuid not null,
  create_time timestamptz(3) not null default now(),
  expire_time timestamptz(3) not null,
  revoke_time timestamptz(3)
);

create index sessions_user_id_idx on sessions (user_id);
create index sessions_expire_time_idx on sessions (expire_time);

create table refresh_tokens (
  -- SHA-256 of the token: the token itself is nowhere
  token_hash bytea primary key,
  session_id uuid not null references sessions (id) on delete cascade,
  create_time timestamptz(3) not null default now(),
  expire_time timestamptz(3) not null,
  use_time timestamptz(3),
  -- for the replay window alone, under a key derived from the token that was presented
  sealed_successor bytea
);

create index refresh_tokens_session_id_idx on refresh_tokens (session_id);
create index refresh_tokens_sealed_idx on refresh_tokens (use_time) where sealed_successor is not null;
