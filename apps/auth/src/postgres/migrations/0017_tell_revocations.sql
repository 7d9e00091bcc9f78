-- What makes access tokens worth nothing is told to all who verify them, by the transaction that does it: whatever statement that is, those of
-- the release before and those typed by hand included.
-- allowed unknown: nobody but its trigger calls it
create function tell_ended_session() returns trigger language plpgsql as $$
begin
  insert into outbox_events (type, subject, payload) values ('session', old.id, '');
  return null;
end $$;
-- allowed unknown: the release before writes as it did; a trigger only adds a row to the outbox, which is made before this
create trigger sessions_tell_revoked after update of revoke_time on sessions
  for each row when (old.revoke_time is null and new.revoke_time is not null) execute function tell_ended_session();
-- allowed unknown: the release before writes as it did; a trigger only adds a row to the outbox, which is made before this
create trigger sessions_tell_deleted after delete on sessions
  for each row when (old.revoke_time is null and old.expire_time > now()) execute function tell_ended_session();

-- What was signed for the person before may say what does not hold any more.
-- allowed unknown: nobody but its trigger calls it
create function tell_stale_person() returns trigger language plpgsql as $$
begin
  insert into outbox_events (type, subject, payload) values ('person', new.user_id, '');
  return null;
end $$;
-- allowed unknown: the release before writes as it did; a trigger only adds a row to the outbox, which is made before this
create trigger known_people_tell_new after insert on known_people for each row execute function tell_stale_person();
-- allowed unknown: the release before writes as it did; a trigger only adds a row to the outbox, which is made before this
create trigger known_people_tell_changed after update of not_before on known_people
  for each row when (new.not_before > old.not_before) execute function tell_stale_person();

-- allowed unknown: nobody but its trigger calls it
create function tell_changed_role() returns trigger language plpgsql as $$
begin
  insert into outbox_events (type, payload) values ('role', convert_to(new.role_id, 'UTF8'));
  return null;
end $$;
-- allowed unknown: the release before writes as it did; a trigger only adds a row to the outbox, which is made before this
create trigger changed_roles_tell after insert or update on changed_roles for each row execute function tell_changed_role();
