-- What people have beside their passwords.
create table factors (
  id uuid constraint factors_pkey primary key,
  user_id uuid not null,
  kind text not null constraint factors_kind_check check (kind in ('totp')),
  display_name text not null default '',
  -- under a key derived from AUTH_SECRET_KEY
  sealed_secret bytea not null,
  -- the highest time step of which a code was taken: one of it, or of an earlier one, is not taken again (RFC 6238 §5.2)
  last_step bigint not null default 0,
  create_time timestamptz(3) not null default now(),
  -- since when it counts
  confirm_time timestamptz(3),
  last_use_time timestamptz(3)
);
create index factors_user_id_idx on factors (user_id);
create unique index factors_pending_key on factors (user_id) where confirm_time is null;
create index factors_pending_time_idx on factors (create_time) where confirm_time is null;

create table recovery_codes (
  user_id uuid not null,
  -- SHA-256 of the code: the code itself is nowhere
  code_hash bytea not null,
  create_time timestamptz(3) not null default now(),
  constraint recovery_codes_pkey primary key (user_id, code_hash)
);

-- Logins whose password was right, and that wait for a code.
create table login_tokens (
  -- SHA-256 of the token
  token_hash bytea constraint login_tokens_pkey primary key,
  user_id uuid not null,
  -- SHA-256 of the hash of the password that was right: with another password the login is over
  password_digest bytea not null,
  device_id uuid not null,
  -- the person had a session on it before
  is_device_known boolean not null,
  tries int not null default 0,
  create_time timestamptz(3) not null default now(),
  expire_time timestamptz(3) not null
);
create index login_tokens_user_id_idx on login_tokens (user_id);
create index login_tokens_expire_time_idx on login_tokens (expire_time);
