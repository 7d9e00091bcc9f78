import { unavailable } from '@gatehouse/contracts/api';
import { type Sighting, type User, type UserServiceDefinition, UserStatus, type WatchUserChangesResponse } from '@gatehouse/contracts/user';
import { isAppError } from '@gatehouse/errors';
import { errorOf, type RpcClient } from '@gatehouse/rpc';

/** A person, and what they may do. */
export interface Person {
  readonly user: User;
  readonly permissions: readonly string[];
  /** When `user` was asked, in milliseconds since the epoch: what changed later it may not have said. */
  readonly askTime: number;
}

/** What `auth` changes of a person once they proved their email. */
export type PersonChanges = Partial<Pick<User, 'email' | 'emailVerified' | 'displayName'>>;

/** What `auth` asks of `user`. When `user` cannot be asked, every question throws: nobody gets a token. */
export interface People {
  findByEmail(email: string): Promise<Person | undefined>;
  findById(id: string): Promise<Person | undefined>;
  /** Those of them who are there; at most 200. */
  findByIds(ids: readonly string[]): Promise<readonly User[]>;
  /**
   * What happens to people after a cursor; without one from now on. @throws CURSOR_EXPIRED, and as soon as it ends, which it does with
   * the token that it began with: TOKEN_EXPIRED
   */
  watchChanges(cursor: string, signal: AbortSignal): AsyncIterable<WatchUserChangesResponse>;
  /** The ids of everybody, in their order, a page at a time; '' asks for the first one, and stands after the last. */
  listIds(pageToken: string): Promise<{ readonly ids: readonly string[]; readonly nextPageToken: string }>;
  /** Creates the person with this id, or finds the one that an earlier attempt created. @throws EMAIL_TAKEN */
  create(person: { id: string; email: string; displayName: string }): Promise<void>;
  /** Gives a person another display name, or their email another spelling. */
  rename(id: string, person: { email: string; displayName: string }): Promise<User>;
  /** Changes a person who is as they were with this etag. @throws EMAIL_TAKEN, ETAG_MISMATCH */
  update(person: Pick<User, 'id' | 'etag'>, changes: PersonChanges): Promise<User>;
  /** Makes the person with this email and id an administrator, created if need be. @throws EMAIL_TAKEN when the email is another's */
  ensureAdministrator(email: string, id: string): Promise<User>;
  /** Says when people were seen; at most 1,000 of them. */
  recordLastSeen(sightings: readonly Sighting[]): Promise<void>;
}

const fieldPaths: Readonly<Record<keyof PersonChanges, string>> = { email: 'email', emailVerified: 'email_verified', displayName: 'display_name' };

export const isSuspended = ({ user }: Person): boolean => user.status !== UserStatus.USER_STATUS_ACTIVE;

export function createPeople(client: RpcClient<UserServiceDefinition>): People {
  const find = async (person: { $case: 'email' | 'id'; value: string }): Promise<Person | undefined> => {
    const askTime = Date.now();
    try {
      const { user, permissions } = await admitted(client.resolvePerson({ person }));
      if (!user) throw new Error('user resolved a person without saying who it is');
      return { user, permissions, askTime };
    } catch (thrown) {
      const error = errorOf(client.resolvePerson, thrown);
      if (error.reason === 'USER_NOT_FOUND' || error.reason === 'EMAIL_UNKNOWN') return undefined;
      throw error;
    }
  };
  return {
    findByEmail: (value) => find({ $case: 'email', value }),
    findById: (value) => find({ $case: 'id', value }),
    findByIds: async (ids) => (await admitted(client.batchGetUsers({ ids: [...ids], allowMissing: true }))).users,
    watchChanges: (cursor, signal) => client.watchUserChanges({ cursor }, { signal }),
    async listIds(pageToken) {
      const { users, nextPageToken } = await admitted(client.listUsers({ pageSize: 200, pageToken }));
      return { ids: users.map(({ id }) => id), nextPageToken };
    },
    // an attempt at the same sign-up that is being answered is waited for by the channel: its answer is ours
    create: async ({ id, email, displayName }) => void (await admitted(client.createUser({ userId: id, requestId: id, email, displayName }))),
    rename: (id, { email, displayName }) => admitted(client.updateUser({ user: { id, email, displayName }, updateMask: ['email', 'display_name'] })),
    update: ({ id, etag }, changes) =>
      admitted(
        client.updateUser({ user: { id, etag, ...changes }, updateMask: (Object.keys(changes) as (keyof PersonChanges)[]).map((field) => fieldPaths[field]) }),
      ),
    ensureAdministrator: (email, userId) => admitted(client.ensureAdministrator({ email, userId })),
    // nobody waits for it, a shutdown least of all
    recordLastSeen: async (sightings) => void (await admitted(client.recordLastSeen({ sightings: [...sightings] }, { deadlineMs: 2_000 }))),
  };
}

/** That `user` does not admit auth, say because it has not fetched the keys yet, is no fault of auth's own caller. */
async function admitted<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    throw isAppError(error) && (error.code === 'UNAUTHENTICATED' || error.code === 'PERMISSION_DENIED') ? unavailable({ cause: error }) : error;
  }
}
