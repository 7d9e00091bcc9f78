create table signing_keys (
  kid text primary key,
  public_key text not null,
  -- under a key derived from AUTH_SECRET_KEY
  sealed_private_key bytea not null,
  create_time timestamptz(3) not null default now()
);
