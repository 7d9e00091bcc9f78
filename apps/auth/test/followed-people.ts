import { UserStatus } from '@gatehouse/contracts/user';
import { type AuthUnderTest, until, verdictOf } from './auth-under-test';

export const password = 'correct horse battery';
export const [active, suspended, deleted] = [UserStatus.USER_STATUS_ACTIVE, UserStatus.USER_STATUS_SUSPENDED, UserStatus.USER_STATUS_DELETED];

/** Somebody who has signed up. */
export interface Entered {
  readonly id: string;
  readonly email: string;
  readonly refreshToken: string;
}

/** What tests of following ask of a service. */
export function useFollowed(under: AuthUnderTest) {
  let count = 0;
  const query = <Row>(name: string, text: string, values: readonly unknown[] = []) => under.database.query<Row>({ name, text, values });
  const known = async (id: string) =>
    (
      await query<{ revision: string; status: string; notBefore: Date }>(
        'read-known',
        'select revision, status, not_before as "notBefore" from known_people where user_id = $1',
        [id],
      )
    )[0];
  return {
    query,
    known,
    async enter(name: string): Promise<Entered> {
      const { user, refreshToken } = await under.auth.signUp({ email: `${name}${count++}@example.com`, password });
      return { id: user!.id, email: user!.email, refreshToken: refreshToken! };
    },
    login: (email: string) => under.auth.login({ email, password }),
    refresh: ({ refreshToken }: { refreshToken: string }) => verdictOf(under.auth.refresh({ refreshToken })),
    /** What is kept of a person, by the tables. */
    async kept(id: string): Promise<string[]> {
      const rows = await query<{ table: string }>(
        'read-kept',
        ['credentials', 'sessions', 'pending_sign_ups'].map((table) => `select '${table}' as table from ${table} where user_id = $1`).join(' union '),
        [id],
      );
      return rows.map(({ table }) => table).sort();
    },
    liveSessions: async (id: string) => (await query('read-live', 'select id from sessions where user_id = $1 and revoke_time is null', [id])).length,
    /** Waits until a revision of a person was applied. */
    untilKnown: (id: string, status: string, revision: bigint) =>
      until(async () => {
        const row = await known(id);
        return row?.status === status && row.revision === String(revision);
      }),
    /** Waits until there is a cursor, from which on nothing is missed. */
    untilFollowing: () => until(async () => (await query('find-cursor', 'select 1 from user_feed where cursor is not null')).length > 0),
    /** Waits until all that was told so far was applied. */
    async untilApplied(): Promise<void> {
      const marker = `marker-${count++}`;
      under.users.feed.tell({ kind: 9, roleId: marker });
      await until(async () => (await query('find-marker', 'select 1 from changed_roles where role_id = $1', [marker])).length > 0);
    },
  };
}
