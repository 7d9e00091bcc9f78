import { createAccess, createRemoteKeys, createTokenVerifier } from '@gatehouse/access';
import type { Jwk } from '@gatehouse/contracts/verifier';
import {
  descriptorSet,
  emailTaken,
  emailUnknown,
  etagMismatch,
  Role,
  User,
  UserChangeKind,
  UserServiceDefinition,
  UserStatus,
  lastAdministrator,
  userNotFound,
} from '@gatehouse/contracts/user';
import { unavailable } from '@gatehouse/contracts/api';
import { startTestServer, type TestServer } from '@gatehouse/rpc/testing';
import { isDeepStrictEqual } from 'node:util';
import { v7 as uuidv7 } from 'uuid';
import { createFakeImports, type FakeImports } from './fake-imports';
import { createFakeUserFeed, type FakeUserFeed } from './fake-user-feed';

export const realm = { issuer: 'https://gatehouse.test', audience: 'gatehouse' };

/** UserService on a real gRPC server, with people in memory; it admits whom the contract admits, by auth's own keys. */
export interface FakeUserService {
  readonly target: string;
  readonly people: Map<string, User>;
  /** Awaited at that point of a call; one that never resolves makes the call hang, one that throws makes it fail. `pageSize` is the most people that a page has. */
  readonly gates: {
    beforeCreate?: () => Promise<void>;
    afterCreate?: () => Promise<void>;
    beforeResolve?: () => Promise<void>;
    beforeUpdate?: () => Promise<void>;
    afterUpdate?: () => Promise<void>;
    beforeBatch?: () => Promise<void>;
    beforeErase?: () => Promise<void>;
    /** What is erased is not told. */
    isFeedSilent?: boolean;
    pageSize?: number;
  };
  /** Calls of CreateUser, as they came. */
  readonly creations: { userId: string; requestId: string; email: string; displayName: string }[];
  /** By the ids of people. */
  readonly lastSeen: Map<string, Date>;
  /** Verifies tokens with the keys that these calls give. */
  trust(getJwks: () => Promise<{ keys: readonly Jwk[] }>): Promise<void>;
  add(email: string, changes?: Partial<User>): User;
  findByEmail(email: string): User | undefined;
  /** Of ImportUsers. */
  readonly imports: Pick<FakeImports, 'gates' | 'taken'>;
  /** Tells what happened to people; by itself it does nothing to them. */
  readonly feed: FakeUserFeed;
  /** Changes a person, and tells it unless it is done in silence. */
  change(id: string, kind: keyof typeof UserChangeKind, changes?: Partial<User>, isSilent?: boolean): void;
  stop(): Promise<void>;
  restart(): Promise<void>;
  close(): Promise<void>;
}

// what auth does not call
const refuse = (): Promise<never> => Promise.reject(unavailable());
async function* refuseStream(): AsyncGenerator<never> {
  throw unavailable();
}
const isNotAsked = {
  getUserByExternalId: refuse,
  searchUsers: refuse,
  deleteUser: refuse,
  undeleteUser: refuse,
  suspendUser: refuse,
  reinstateUser: refuse,
  setUserRoles: refuse,
  exportUsers: refuseStream,
};

export async function startFakeUserService(): Promise<FakeUserService> {
  const people = new Map<string, User>();
  const gates: FakeUserService['gates'] = {};
  const creations: FakeUserService['creations'] = [];
  const lastSeen: FakeUserService['lastSeen'] = new Map();
  const answers = new Map<string, User>();
  const feed = createFakeUserFeed();
  let keys = createRemoteKeys({ getJwks: () => Promise.reject(unavailable()), retryMs: 50 });

  const findByEmail = (email: string) => [...people.values()].find((user) => user.email.toLowerCase() === email.toLowerCase());
  const add: FakeUserService['add'] = (email, changes = {}) => {
    const user = User.fromPartial({
      id: uuidv7(),
      email,
      revision: 1n,
      status: UserStatus.USER_STATUS_ACTIVE,
      roles: [Role.ROLE_MEMBER],
      etag: '"1"',
      ...changes,
    });
    people.set(user.id, user);
    return user;
  };
  const imports = createFakeImports({ add, findByEmail });
  const permissionsOf = ({ roles }: User) => (roles.includes(Role.ROLE_ADMIN) ? ['users.create', 'users.read', 'users.update'] : []);

  const start = (port?: number): Promise<TestServer> =>
    startTestServer(
      UserServiceDefinition,
      {
        async createUser({ userId, requestId, email, displayName }) {
          creations.push({ userId, requestId, email, displayName });
          await gates.beforeCreate?.();
          const answered = answers.get(requestId);
          if (!answered && findByEmail(email)) throw emailTaken();
          const user = answered ?? add(email, { id: userId, displayName });
          answers.set(requestId, user);
          await gates.afterCreate?.();
          return user;
        },
        async resolvePerson({ person }) {
          await gates.beforeResolve?.();
          const user = person?.$case === 'email' ? findByEmail(person.value) : people.get(person!.value);
          if (!user) throw person?.$case === 'email' ? emailUnknown() : userNotFound({ id: person!.value });
          return { user, permissions: permissionsOf(user) };
        },
        async ensureAdministrator({ email, userId }) {
          if ((findByEmail(email)?.id ?? userId) !== userId) throw emailTaken();
          return add(email, { ...people.get(userId), id: userId, roles: [Role.ROLE_MEMBER, Role.ROLE_ADMIN], status: UserStatus.USER_STATUS_ACTIVE });
        },
        async getUser({ id }) {
          const user = people.get(id);
          if (!user) throw userNotFound({ id });
          return user;
        },
        async eraseUser({ id }) {
          if (!people.has(id)) throw userNotFound({ id });
          await gates.beforeErase?.();
          if (people.get(id)!.roles.includes(Role.ROLE_ADMIN)) throw lastAdministrator();
          change(id, 'USER_CHANGE_KIND_PURGED', {}, gates.isFeedSilent);
          return {};
        },
        async updateUser({ user, updateMask = [] }) {
          await gates.beforeUpdate?.();
          const before = people.get(user!.id);
          if (!before) throw userNotFound({ id: user!.id });
          if (user!.etag && user!.etag !== before.etag) throw etagMismatch();
          const owner = updateMask.includes('email') ? findByEmail(user!.email) : undefined;
          if (owner && owner.id !== before.id) throw emailTaken();
          const changed = {
            ...before,
            ...(updateMask.includes('email') && { email: user!.email, emailVerified: false }),
            ...(updateMask.includes('email_verified') && { emailVerified: user!.emailVerified }),
            ...(updateMask.includes('display_name') && { displayName: user!.displayName }),
          };
          if (isDeepStrictEqual(changed, before)) return before;
          const revision = before.revision + 1n;
          people.set(before.id, { ...changed, revision, etag: `"${revision}"` });
          await gates.afterUpdate?.();
          return people.get(before.id)!;
        },
        async listUsers({ pageSize, pageToken }) {
          const users = [...people.values()].filter(({ id }) => id > pageToken).sort((one, other) => (one.id < other.id ? -1 : 1));
          const size = Math.min(pageSize, gates.pageSize ?? 200);
          return { users: users.slice(0, size), nextPageToken: users.length > size ? users[size - 1]!.id : '', estimatedTotalSize: users.length };
        },
        async batchGetUsers({ ids }) {
          await gates.beforeBatch?.();
          return { users: ids.flatMap((id) => people.get(id) ?? []) };
        },
        watchUserChanges: ({ cursor }, { signal }) => feed.watch(cursor, signal),
        importUsers: imports.importUsers,
        async recordLastSeen({ sightings }) {
          for (const { userId, time } of sightings) lastSeen.set(userId, time!);
          return {};
        },
        ...isNotAsked,
      },
      {
        descriptorSets: [descriptorSet],
        port,
        access: (methods) =>
          createAccess({ verifier: { verify: (token) => verifierOf().verify(token), whenOver: (...over) => verifierOf().whenOver(...over) }, methods }),
      },
    );

  // the keys become others
  const verifierOf = () => createTokenVerifier({ ...realm, keys, service: 'user', revocations: undefined });
  const change: FakeUserService['change'] = (id, kind, changes = {}, isSilent = false) => {
    const before = people.get(id)!;
    const user = { ...before, ...changes, revision: before.revision + 1n };
    if (kind === 'USER_CHANGE_KIND_PURGED') people.delete(id);
    else people.set(id, user);
    if (!isSilent) feed.tell({ kind: UserChangeKind[kind], userId: id, revision: user.revision, status: user.status, time: new Date() });
  };

  let server = await start();
  const { port, target } = server;
  return {
    target,
    people,
    gates,
    creations,
    lastSeen,
    add,
    imports,
    feed,
    change,
    findByEmail,
    async trust(getJwks) {
      keys.close();
      keys = createRemoteKeys({ getJwks, retryMs: 50 });
      keys.start();
      while (!keys.isReady()) await new Promise((resolve) => setTimeout(resolve, 10));
    },
    stop: () => server.close(),
    async restart() {
      server = await start(port);
    },
    async close() {
      keys.close();
      await server.close();
    },
  };
}
