-- What a directory knows of people beside email and name. Everything has a default: a release that does not know it goes on writing.
-- allowed unknown: who does not ask for its functions does not notice them
create extension if not exists pg_trgm;

-- allowed scans-table: the checks are of columns that are new, which PostgreSQL knows to be empty
-- allowed drops: it kept out what no release before wrote
alter table users
  add column email_verified boolean not null default false,
  add column phone text not null default '',
  add column username text not null default '' check (char_length(username) <= 64),
  add column given_name text not null default '',
  add column family_name text not null default '',
  add column locale text not null default '',
  add column time_zone text not null default '',
  add column picture_url text not null default '',
  add column public_metadata jsonb not null default '{}',
  add column private_metadata jsonb not null default '{}',
  add column own_metadata jsonb not null default '{}',
  -- Deleted softly. The status is suspended meanwhile, which releases that do not know of deletion understand.
  add column delete_time timestamptz(3),
  add column purge_time timestamptz(3),
  -- What the status is again once the person is undeleted.
  add column undelete_status text check (undelete_status in ('active', 'suspended')),
  add column last_seen_time timestamptz(3),
  -- The import that wrote the person last, and its row: so that it notices a second row of theirs.
  add column import_id uuid,
  add column import_row bigint,
  -- Roles are data now: RoleService holds to them.
  drop constraint users_roles_check;

create table user_external_ids (
  provider text not null check (char_length(provider) between 1 and 200),
  external_id text not null check (char_length(external_id) between 1 and 255),
  user_id uuid not null references users (id) on delete cascade,
  primary key (provider, external_id)
);
create unique index user_external_ids_user_id_key on user_external_ids (user_id, provider);

create table roles (
  id text primary key check (id ~ '^[a-z][a-z0-9-]{0,62}$'),
  title text not null default '',
  description text not null default '',
  permissions text[] not null default '{}',
  -- What a role that came with Gatehouse always permits; null for all others.
  built_in_permissions text[],
  create_time timestamptz(3) not null default now(),
  update_time timestamptz(3) not null default now(),
  revision bigint not null default 1
);

insert into roles (id, title, description, permissions, built_in_permissions)
select id, title, description, permissions, permissions
from (values
  ('admin', 'Administrator', 'May do everything that Gatehouse itself has permissions for.',
    '{users.create,users.read,users.update,users.delete,users.suspend,users.setRoles,users.import,users.export,roles.create,roles.read,roles.update,roles.delete,roles.escalate}'::text[]),
  ('member', 'Member', 'What everybody is who signs up.', '{}')
) as built_in (id, title, description, permissions);
