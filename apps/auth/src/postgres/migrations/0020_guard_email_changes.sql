-- A change of email that `user` is about to be asked for. It stays until the old email is to be told of it, whoever goes away in between.
create table begun_email_changes (
  code_id uuid constraint begun_email_changes_pkey primary key,
  user_id uuid not null,
  -- the old email, under a key
  sealed bytea not null,
  begin_time timestamptz not null default now(),
  -- when it was looked at last whether `user` did it
  look_time timestamptz not null default now()
);
create index begun_email_changes_look_time_idx on begun_email_changes (look_time);

-- passwords that were refused of who presented the code; its wrong digits are counted beside
alter table one_time_codes add column password_tries integer not null default 0;
