import { emailTaken } from '@gatehouse/contracts/user';
import type { Queryable } from '@gatehouse/postgres';
import type { Role, User, UserStatus } from '../user';
import type { UserRepository } from '../user-repository';

interface UserRow {
  id: string;
  email: string;
  display_name: string;
  status: UserStatus;
  roles: Role[];
  create_time: Date;
  update_time: Date;
  /** bigint, as text */
  revision: string;
}

const columns = 'id, email, display_name, status, roles, create_time, update_time, revision';

const toUser = (row: UserRow): User => ({
  id: row.id,
  email: row.email,
  displayName: row.display_name,
  status: row.status,
  roles: row.roles,
  createTime: row.create_time,
  updateTime: row.update_time,
  revision: Number(row.revision),
});

/** Asks the questions of UserService to a database, or to a transaction of one. */
export function createUserRepository(db: Queryable): UserRepository {
  const find = async (name: string, text: string, values: readonly unknown[]): Promise<User | undefined> => {
    const [row] = await db.query<UserRow>({ name, text, values });
    return row && toUser(row);
  };
  const findByEmail = (email: string) =>
    find('find-user-by-email', `select ${columns} from users where lower(email collate "C") = lower($1 collate "C")`, [email]);
  return {
    findById: (id) => find('find-user-by-id', `select ${columns} from users where id = $1`, [id]),
    findByEmail,
    async list(limit, afterId) {
      const rows = afterId
        ? await db.query<UserRow>({
            name: 'list-users-after',
            text: `select ${columns} from users where id > $2 order by id limit $1`,
            values: [limit, afterId],
          })
        : await db.query<UserRow>({ name: 'list-users', text: `select ${columns} from users order by id limit $1`, values: [limit] });
      return rows.map(toUser);
    },
    insert: ({ id, email, displayName, roles }) =>
      find('insert-user', `insert into users (id, email, display_name, roles) values ($1, $2, $3, $4) on conflict do nothing returning ${columns}`, [
        id,
        email,
        displayName,
        roles,
      ]),
    update: (id, { email, displayName }, revision) =>
      find(
        'update-user',
        // a change that had to wait for another one began before it, and still comes after it
        `update users
         set email = coalesce($2, email), display_name = coalesce($3, display_name),
             update_time = greatest(now(), update_time + interval '1 millisecond'), revision = revision + 1
         where id = $1 and ($4::bigint is null or revision = $4)
           and (email, display_name) is distinct from (coalesce($2, email), coalesce($3, display_name))
         returning ${columns}`,
        [id, email, displayName, revision],
      ),
    async ensureAdministrator({ id, email, displayName, roles }) {
      const changed = await find(
        'ensure-administrator',
        `insert into users (id, email, display_name, roles) values ($1, $2, $3, $4)
         on conflict (lower(email collate "C")) do update
           set roles = case when 'admin' = any (users.roles) then users.roles else users.roles || '{admin}' end,
               status = 'active', update_time = now(), revision = users.revision + 1
           where users.id = excluded.id and (users.status <> 'active' or not 'admin' = any (users.roles))
         returning ${columns}`,
        [id, email, displayName, roles],
      );
      const user = changed ?? (await findByEmail(email));
      if (user?.id !== id) throw emailTaken();
      return user;
    },
  };
}
