-- What its person calls a session, and when and from where it was last used.
alter table sessions
  add column display_name text not null default '',
  add column last_used_time timestamptz(3) not null default now();
