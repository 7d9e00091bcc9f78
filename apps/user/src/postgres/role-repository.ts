import type { Queryable } from '@gatehouse/postgres';
import type { Role } from '../role';
import type { RoleRepository } from '../role-repository';

interface RoleRow {
  id: string;
  title: string;
  description: string;
  permissions: string[];
  built_in_permissions: string[] | null;
  create_time: Date;
  update_time: Date;
  /** bigint, as text */
  revision: string;
}

const columns = 'id, title, description, permissions, built_in_permissions, create_time, update_time, revision';

const toRole = (row: RoleRow): Role => ({
  id: row.id,
  title: row.title,
  description: row.description,
  permissions: [...row.permissions].sort(),
  builtInPermissions: row.built_in_permissions ?? undefined,
  createTime: row.create_time,
  updateTime: row.update_time,
  revision: Number(row.revision),
});

/** Asks the questions about roles to a database, or to a transaction of one. */
export function createRoleRepository(db: Queryable): RoleRepository {
  const query = async (name: string, text: string, values: readonly unknown[]): Promise<readonly Role[]> =>
    (await db.query<RoleRow>({ name, text, values })).map(toRole);
  const first = async (...statement: Parameters<typeof query>): Promise<Role | undefined> => (await query(...statement))[0];
  return {
    findById: (id) => first('find-role', `select ${columns} from roles where id = $1`, [id]),
    list: (limit, afterId) => query('list-roles', `select ${columns} from roles where id > $2 order by id limit $1`, [limit, afterId]),
    lock: (id) => first('lock-role', `select ${columns} from roles where id = $1 for update`, [id]),
    insert: ({ id, title, description, permissions }) =>
      first('insert-role', `insert into roles (id, title, description, permissions) values ($1, $2, $3, $4) on conflict (id) do nothing returning ${columns}`, [
        id,
        title,
        description,
        permissions,
      ]),
    async update(id, { title, description, permissions }) {
      const role = await first(
        'update-role',
        `update roles
         set title = coalesce($2, title), description = coalesce($3, description), permissions = coalesce($4, permissions),
             update_time = greatest(now(), update_time + interval '1 millisecond'), revision = revision + 1
         where id = $1 returning ${columns}`,
        [id, title, description, permissions],
      );
      return role!;
    },
    delete: async (id) => void (await db.query({ name: 'delete-role', text: 'delete from roles where id = $1', values: [id] })),
    async isInUse(id) {
      const [row] = await db.query<{ exists: boolean }>({
        name: 'is-role-in-use',
        // planned as if all of them were read, so by the index: a first one may be the only one, or nobody
        text: 'with holder as materialized (select from users where roles @> array[$1]) select exists (select from holder) as exists',
        values: [id],
      });
      return row!.exists;
    },
    hold: (ids) => query('hold-roles', `select ${columns} from roles where id = any ($1) order by id for share`, [ids]),
    async permissionsOf(ids) {
      const rows = await db.query<{ permission: string }>({
        name: 'find-permissions-of-roles',
        text: 'select distinct permission collate "C" as permission from roles, unnest(permissions) permission where id = any ($1) order by 1',
        values: [ids],
      });
      return rows.map(({ permission }) => permission);
    },
  };
}
