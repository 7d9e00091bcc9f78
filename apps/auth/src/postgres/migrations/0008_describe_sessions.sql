-- How and from where somebody came in. Sessions from before know none of it.
alter table sessions
  add column device_id uuid,
  add column client_address text not null default '',
  add column user_agent text not null default '',
  add column auth_time timestamptz(3) not null default now(),
  -- RFC 8176
  add column auth_methods text[] not null default '{pwd}';
