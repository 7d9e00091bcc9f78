-- With coarse statistics a beginning that is rare is taken for a common one, and everybody walked through for it.
-- allowed unknown: how finely its values are counted is for the planner alone
alter index users_email_key alter column 1 set statistics 500;
-- allowed unknown: how finely its values are counted is for the planner alone
alter index users_display_name_idx alter column 1 set statistics 500;
-- allowed unknown: how finely its values are counted is for the planner alone
alter index users_given_name_idx alter column 1 set statistics 500;
-- allowed unknown: how finely its values are counted is for the planner alone
alter index users_family_name_idx alter column 1 set statistics 500;
