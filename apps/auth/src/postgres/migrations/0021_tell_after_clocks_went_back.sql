-- The clock of a database that took over may be behind: what happens to a person is told then too.
-- allowed unknown: the release before writes as it did; the trigger only adds a row to the outbox where it added none
create or replace trigger known_people_tell_changed after update of not_before on known_people
  for each row when (new.not_before is distinct from old.not_before) execute function tell_stale_person();
