-- What there is counts as made now, so that the first rotation comes when no process of an older release, which would not hear of it, runs any more.
alter table signing_keys
  -- from when on tokens are signed with it; until then it is published alone
  add column activate_time timestamptz not null default now(),
  -- from when on no token that it signed is valid
  add column withdraw_time timestamptz;
