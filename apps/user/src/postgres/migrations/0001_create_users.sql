create table users (
  id uuid primary key,
  email text not null check (char_length(email) between 3 and 254),
  display_name text not null check (char_length(display_name) <= 200),
  status text not null default 'active' check (status in ('active', 'suspended')),
  roles text[] not null default '{member}' check (roles <@ array['member', 'admin']),
  create_time timestamptz(3) not null default now(),
  update_time timestamptz(3) not null default now(),
  revision bigint not null default 1
);

create unique index users_email_key on users (lower(email));
