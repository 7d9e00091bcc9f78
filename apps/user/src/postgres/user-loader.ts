import type { Database } from '@gatehouse/postgres';
import type { User } from '../user';
import { toUser, userColumns, type UserRow } from './user-row';

/** Reads single people; those that are asked for at the same time are read by one statement, from a replica where there is one. */
export interface UserLoader {
  findById(id: string): Promise<User | undefined>;
  /** Without regard to case. */
  findByEmail(email: string): Promise<User | undefined>;
  findByExternalId(provider: string, id: string): Promise<User | undefined>;
}

// The keys stand in a subselect, so that plans do not depend on how many there are: else PostgreSQL would plan again for each single one.

/** Who asks has been authorised. */
export function createUserLoader(database: Pick<Database, 'createRowLoader'>): UserLoader {
  const byId = database.createRowLoader<UserRow>({
    name: 'load-users-by-id',
    text: `select ${userColumns} from users where id = any ((select $1::uuid[])::uuid[])`,
    keyOf: ({ id }) => id,
  });
  const byEmail = database.createRowLoader<UserRow & { email_key: string }>({
    name: 'load-users-by-email',
    text: `select ${userColumns}, lower(email collate "C") as email_key from users where lower(email collate "C") = any ((select $1::text[])::text[])`,
    keyOf: ({ email_key }) => email_key,
  });
  const byExternalId = database.createRowLoader<UserRow & { external_id_key: string }>({
    name: 'load-users-by-external-id',
    text: `select ${userColumns}, external_id_key from (
             select user_id, key as external_id_key
             from unnest((select $1::text[])) key
             join user_external_ids on provider = split_part(key, ' ', 1) and external_id = substr(key, strpos(key, ' ') + 1)
           ) found join users on id = user_id`,
    keyOf: ({ external_id_key }) => external_id_key,
  });
  const toFound = (row: Readonly<UserRow> | undefined) => row && toUser(row);
  return {
    findById: async (id) => toFound(await byId.load(id)),
    findByEmail: async (email) => toFound(await byEmail.load(email.replace(/[A-Z]+/g, (letters) => letters.toLowerCase()))),
    // a provider has no spaces
    findByExternalId: async (provider, id) => toFound(await byExternalId.load(`${provider} ${id}`)),
  };
}
