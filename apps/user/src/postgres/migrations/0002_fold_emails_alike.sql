-- Emails are ASCII: their case is folded alike in every database, whatever its collation.
drop index users_email_key;
create unique index users_email_key on users (lower(email collate "C"));
