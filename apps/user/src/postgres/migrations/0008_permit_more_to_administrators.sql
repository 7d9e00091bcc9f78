-- What `auth` has permissions for, the role of administrators has from now on.
update roles
set permissions = array(select distinct unnest(permissions || added.names) order by 1),
    built_in_permissions = array(select distinct unnest(built_in_permissions || added.names) order by 1),
    update_time = now(),
    revision = revision + 1
from (values ('{accounts.import,factors.delete,factors.read,keys.manage,people.erase,people.export,sessions.read,sessions.revoke,sessions.update,tokens.introspect,users.invite}'::text[]))
  as added (names)
where id = 'admin';
