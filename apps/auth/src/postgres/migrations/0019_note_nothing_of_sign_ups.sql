-- PostgreSQL's planner notes values of columns, and of a table that is empty since keeps those of before: here it is to note none. They are looked up by key.
alter table pending_sign_ups
  alter column email set statistics 0,
  alter column display_name set statistics 0,
  alter column password_hash set statistics 0;
-- allowed unknown: what is noted of its values is for the planner alone
alter index pending_sign_ups_email_key alter column 1 set statistics 0;
