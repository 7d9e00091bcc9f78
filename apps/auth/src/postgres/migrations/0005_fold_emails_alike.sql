-- Emails are ASCII: their case is folded alike in every database, whatever its collation.
drop index pending_sign_ups_email_key;
create unique index pending_sign_ups_email_key on pending_sign_ups (lower(email collate "C"));
