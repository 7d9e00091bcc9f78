-- What is mailed to prove that an email is somebody's own: a link, and digits beside it. Neither stands here but as a hash.
create table one_time_codes (
  -- given to who asked, to go with the digits
  id uuid constraint one_time_codes_pkey primary key,
  purpose text not null constraint one_time_codes_purpose_check
    check (purpose in ('sign_up', 'verify_email', 'reset_password', 'change_email', 'invitation')),
  -- whose it is, as far as that is known
  user_id uuid,
  -- a keyed hash of the email that it goes to
  email_hash bytea not null,
  -- what was asked for, emails among it: erased when it has ended
  sealed bytea,
  token_hash bytea constraint one_time_codes_token_hash_key unique,
  code_hash bytea,
  -- how often the digits were wrong
  tries integer not null default 0,
  -- When it is to be looked at: only then it is found out whether there is somebody with the email, and what to mail.
  mail_time timestamptz default now(),
  create_time timestamptz not null default now(),
  expire_time timestamptz not null,
  -- used, replaced or revoked
  end_time timestamptz,
  constraint one_time_codes_sealed_check check ((end_time is null) = (sealed is not null))
);
create index one_time_codes_mail_time_idx on one_time_codes (mail_time) where mail_time is not null and end_time is null;
create index one_time_codes_user_id_idx on one_time_codes (user_id);
create index one_time_codes_email_hash_idx on one_time_codes (email_hash) where end_time is null;
create index one_time_codes_expire_time_idx on one_time_codes (expire_time);
