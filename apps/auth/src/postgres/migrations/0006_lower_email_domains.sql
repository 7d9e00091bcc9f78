-- Emails come in canonical form now, their domain in lower case: those that are there follow.
update pending_sign_ups
set email = split_part(email, '@', 1) || '@' || lower(split_part(email, '@', 2) collate "C")
where split_part(email, '@', 2) collate "C" <> lower(split_part(email, '@', 2) collate "C");
