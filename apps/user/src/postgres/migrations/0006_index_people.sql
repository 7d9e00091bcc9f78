-- outside a transaction
-- Each index makes every write dearer: here are those by which people are listed, filtered and searched, and no others.
drop index concurrently if exists users_username_key;
-- allowed narrows: no release before writes the column
create unique index concurrently users_username_key on users (lower(nullif(username, '') collate "C")) where nullif(username, '') is not null;
drop index concurrently if exists users_phone_idx;
create index concurrently users_phone_idx on users ((phone collate "C"));
drop index concurrently if exists users_create_time_idx;
create index concurrently users_create_time_idx on users (create_time, id);
drop index concurrently if exists users_update_time_idx;
create index concurrently users_update_time_idx on users (update_time, id);
drop index concurrently if exists users_display_name_idx;
create index concurrently users_display_name_idx on users ((lower(display_name) collate "C"), id);
drop index concurrently if exists users_given_name_idx;
create index concurrently users_given_name_idx on users ((lower(given_name) collate "C"), id);
drop index concurrently if exists users_family_name_idx;
create index concurrently users_family_name_idx on users ((lower(family_name) collate "C"), id);
drop index concurrently if exists users_status_idx;
create index concurrently users_status_idx on users ((case when delete_time is null then status else 'deleted' end), id);
drop index concurrently if exists users_delete_time_idx;
create index concurrently users_delete_time_idx on users (delete_time) where delete_time is not null;
drop index concurrently if exists users_purge_time_idx;
create index concurrently users_purge_time_idx on users (purge_time) where purge_time is not null;
drop index concurrently if exists users_roles_idx;
create index concurrently users_roles_idx on users using gin (roles);
drop index concurrently if exists users_administrators_idx;
create index concurrently users_administrators_idx on users (id) where 'admin' = any (roles) and status = 'active' and delete_time is null;
-- As an array, so that its statistics tell how common each trigram is, and what has all of them needs no second look.
drop index concurrently if exists users_trigrams_idx;
create index concurrently users_trigrams_idx on users using gin (show_trgm(email || ' ' || username || ' ' || display_name || ' ' || given_name || ' ' || family_name));
