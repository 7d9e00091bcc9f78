-- Emails come in canonical form now, their domain in lower case: those that are there follow.
update users
set email = split_part(email, '@', 1) || '@' || lower(split_part(email, '@', 2) collate "C"),
    update_time = greatest(now(), update_time + interval '1 millisecond'), revision = revision + 1
where split_part(email, '@', 2) collate "C" <> lower(split_part(email, '@', 2) collate "C");
