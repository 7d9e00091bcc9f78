-- What auth has heard from user of people to whom something happened that counts here: of all others there is no row.
create table known_people (
  user_id uuid primary key,
  -- the highest that was heard of, and the status with it
  revision bigint not null,
  status text not null check (status in ('active', 'suspended', 'deleted', 'purged')),
  -- The highest that tokens from before it know nothing of.
  noted_revision bigint not null default 0,
  -- Sessions that were opened on the word of an earlier revision are over.
  ended_revision bigint not null default 0,
  -- When that was heard of: what was signed for the person before may say what does not hold any more.
  not_before timestamptz not null default clock_timestamp()
);
create index known_people_purged_idx on known_people (not_before) where status = 'purged';

-- Roles that permit something else since, or are gone.
create table changed_roles (
  role_id text primary key,
  not_before timestamptz not null default clock_timestamp()
);

-- How far the changes of people are followed.
create table user_feed (
  is_only boolean primary key default true check (is_only),
  cursor text,
  -- the process that may write here
  follower uuid,
  -- when everybody was read anew, since changes may have been missed
  resync_time timestamptz
);
insert into user_feed default values;

-- The revision of the person on whose word the session was opened; 0 where it is not known.
alter table sessions add column person_revision bigint not null default 0;
