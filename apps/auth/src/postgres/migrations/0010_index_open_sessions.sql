-- outside a transaction
-- For the lists of people's sessions, newest first.
drop index concurrently if exists sessions_open_idx;
create index concurrently sessions_open_idx on sessions (user_id, id desc) where revoke_time is null;
