-- What is left of a sign-up that has not come to its end: resumed by the next attempt, or swept.
create table pending_sign_ups (
  user_id uuid primary key,
  email text not null,
  display_name text not null,
  password_hash text not null,
  -- the attempt that may finish it: the last one that was made
  attempt_id uuid not null,
  update_time timestamptz(3) not null default now()
);

create unique index pending_sign_ups_email_key on pending_sign_ups (lower(email));

create table credentials (
  user_id uuid primary key,
  password_hash text not null,
  create_time timestamptz(3) not null default now(),
  update_time timestamptz(3) not null default now()
);
