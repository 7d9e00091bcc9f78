import type { Queryable } from '@gatehouse/postgres';
import type { NewUser, User } from '../user';
import type { UserRepository } from '../user-repository';
import { toUser, userColumns, type UserRow } from './user-row';

/** Asks the questions of UserService to a database, or to a transaction of one. */
export function createUserRepository(db: Queryable): UserRepository {
  const select = async (name: string, rest: string, values: readonly unknown[]): Promise<readonly User[]> =>
    (await db.query<UserRow>({ name, text: `select ${userColumns} from users ${rest}`, values })).map(toUser);
  const find = async (...statement: Parameters<typeof select>): Promise<User | undefined> => (await select(...statement))[0];

  /** Gives a person exactly these external ids. */
  async function replaceExternalIds({ id, externalIds }: Pick<User, 'id' | 'externalIds'>): Promise<void> {
    await db.query({ name: 'delete-external-ids', text: 'delete from user_external_ids where user_id = $1', values: [id] });
    await db.query({
      name: 'insert-external-ids',
      text: 'insert into user_external_ids (user_id, provider, external_id) select $1, * from unnest($2::text[], $3::text[])',
      values: [id, externalIds.map(({ provider }) => provider), externalIds.map((each) => each.id)],
    });
  }

  return {
    findById: (id) => find('find-user-by-id', 'where id = $1', [id]),
    findByIds: (ids) => select('find-users-by-id', 'where id = any ($1::uuid[])', [ids]),
    findByEmail: (email) => find('find-user-by-email', 'where lower(email collate "C") = lower($1 collate "C")', [email]),
    async lock(id) {
      await db.query({ name: 'lock-user', text: 'select from users where id = $1 for update', values: [id] });
      // read once they are held: a statement that waited knows the row anew, and their external ids of before
      return find('find-user-by-id', 'where id = $1', [id]);
    },
    async insert(user) {
      const [row] = await db.query<UserRow>({
        name: 'insert-user',
        text: `insert into users (id, roles, ${profileColumns}) values ($1, $2, ${placeholders(3)}) on conflict (id) do nothing returning ${userColumns}`,
        values: [user.id, user.roleIds, ...toProfileValues(user)],
      });
      if (!row) return undefined;
      if (user.externalIds.length) await replaceExternalIds(user);
      return { ...toUser(row), externalIds: user.externalIds };
    },
    async update(user, before) {
      if (JSON.stringify(user.externalIds) !== JSON.stringify(before.externalIds)) await replaceExternalIds(user);
      const [row] = await db.query<UserRow>({
        name: 'update-user',
        // a change that had to wait for another one began before it, and still comes after it
        text: `update users set (${profileColumns}) = row (${placeholders(7)}), roles = $2, status = $3, undelete_status = $4, delete_time = $5, purge_time = $6,
                 update_time = greatest(now(), update_time + interval '1 millisecond'), revision = revision + 1
               where id = $1 returning ${userColumns}`,
        values: [
          user.id,
          user.roleIds,
          user.status === 'deleted' ? 'suspended' : user.status,
          user.undeleteStatus ?? null,
          user.deleteTime ?? null,
          user.purgeTime ?? null,
          ...toProfileValues(user),
        ],
      });
      return toUser(row!);
    },
    async hasOtherAdministrator(id) {
      // no row: two who demote each other both hold the role already, and would wait for one another
      await db.query({ name: 'lock-administrators', text: `select pg_advisory_xact_lock(hashtextextended('gatehouse administrators', 0))` });
      const [row] = await db.query<{ exists: boolean }>({
        name: 'has-other-administrator',
        text: `select exists (select from users where 'admin' = any (roles) and status = 'active' and delete_time is null and id <> $1)`,
        values: [id],
      });
      return row!.exists;
    },
    async recordLastSeen(sightings) {
      await db.query({
        name: 'record-last-seen',
        text: `update users set last_seen_time = greatest(last_seen_time, seen.time)
               from (select user_id, max(time) as time from unnest($1::uuid[], $2::timestamptz[]) as each (user_id, time) group by user_id) seen
               where id = seen.user_id`,
        values: [sightings.map(({ userId }) => userId), sightings.map(({ time }) => time)],
      });
    },
  };
}

const profileColumns = `email, email_verified, phone, username, display_name, given_name, family_name, locale, time_zone, picture_url,
  public_metadata, private_metadata, own_metadata`;
const placeholders = (first: number): string => Array.from({ length: 13 }, (_, index) => `$${first + index}`).join(', ');
const toProfileValues = (user: Omit<NewUser, 'id' | 'roleIds'>): readonly unknown[] => [
  user.email,
  user.emailVerified,
  user.phone,
  user.username,
  user.displayName,
  user.givenName,
  user.familyName,
  user.locale,
  user.timeZone,
  user.pictureUrl,
  user.publicMetadata,
  user.privateMetadata,
  user.ownMetadata,
];
