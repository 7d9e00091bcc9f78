-- Mails on their way. Who they go to and what they say (links and codes are secrets) is sealed, and erased when they have ended.
create table mails (
  id uuid constraint mails_pkey primary key,
  kind text not null,
  -- whom it is about, if there is such a person
  user_id uuid,
  sealed bytea,
  state text not null default 'queued' constraint mails_state_check check (state in ('queued', 'sent', 'failed')),
  attempts integer not null default 0,
  -- whoever sends it moves this on first, so that nobody else does while it is being sent
  next_attempt_time timestamptz not null default now(),
  expire_time timestamptz not null,
  create_time timestamptz not null default now(),
  end_time timestamptz,
  -- what kept it from being sent the last time: a word, never what the other side said
  last_error text,
  constraint mails_sealed_check check ((state = 'queued') = (sealed is not null)),
  constraint mails_end_time_check check ((state = 'queued') = (end_time is null))
);
create index mails_queued_idx on mails (next_attempt_time) where state = 'queued';
create index mails_ended_idx on mails (end_time) where state <> 'queued';
create index mails_user_id_idx on mails (user_id);
