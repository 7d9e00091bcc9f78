import { createAccess, createTokenVerifier } from '@gatehouse/access';
import { createTestIssuer, createTestRevocations } from '@gatehouse/access/testing';
import { descriptorSet as userContract, Role, User, userNotFound, UserServiceDefinition, UserStatus } from '@gatehouse/contracts/user';
import { descriptorSet as verifierContract, VerifierServiceDefinition } from '@gatehouse/contracts/verifier';
import { createObservability } from '@gatehouse/observability';
import { bindService, createRpcServer } from '@gatehouse/rpc';

/** What the process tells the bench. */
export interface UserServiceIntroduction {
  readonly target: string;
  readonly issuer: string;
  /** May read anybody. */
  readonly token: string;
}

export const knownId = '018f0000-0000-7000-8000-000000000001';
export const unknownId = '018f0000-0000-7000-8000-000000000002';
const realm = { issuer: 'https://gatehouse.test', audience: 'gatehouse' };

/**
 * UserService with all that stands around its handlers in `user`, but for the database: what it takes would drown what is
 * compared. One person is known, nobody else is. It gives the keys of its tokens too, as `auth` does.
 */
export async function startUserService(): Promise<{ introduction: UserServiceIntroduction; close: () => Promise<void> }> {
  const issuer = await createTestIssuer(realm);
  const observability = createObservability({ service: 'user', version: 'bench', logLevel: 'info' });
  const verifier = createTokenVerifier({ ...realm, keys: issuer.keys, service: 'user', revocations: undefined });
  const now = new Date();
  const person = User.fromPartial({
    id: knownId,
    email: 'ada@example.com',
    displayName: 'Ada Lovelace',
    status: UserStatus.USER_STATUS_ACTIVE,
    roles: [Role.ROLE_MEMBER],
    roleIds: ['member'],
    createTime: now,
    updateTime: now,
    etag: '"1"',
  });
  const isNotAsked = async () => Promise.reject(new Error('the bench asks for GetUser alone'));
  async function* isNotStreamed(): AsyncGenerator<never> {
    throw new Error('the bench asks for GetUser alone');
  }
  const users = bindService(UserServiceDefinition, {
    async getUser({ id }) {
      if (id !== knownId) throw userNotFound({ id });
      return person;
    },
    createUser: isNotAsked,
    updateUser: isNotAsked,
    listUsers: isNotAsked,
    resolvePerson: isNotAsked,
    ensureAdministrator: isNotAsked,
    batchGetUsers: isNotAsked,
    getUserByExternalId: isNotAsked,
    searchUsers: isNotAsked,
    deleteUser: isNotAsked,
    eraseUser: isNotAsked,
    undeleteUser: isNotAsked,
    suspendUser: isNotAsked,
    reinstateUser: isNotAsked,
    setUserRoles: isNotAsked,
    recordLastSeen: isNotAsked,
    importUsers: isNotStreamed,
    exportUsers: isNotStreamed,
    watchUserChanges: isNotStreamed,
  });
  const keys = bindService(VerifierServiceDefinition, { getJwks: async () => issuer.jwks, watchRevocations: createTestRevocations().watch });
  const server = createRpcServer({
    services: [users, keys],
    descriptorSets: [userContract, verifierContract],
    observer: observability.rpc,
    access: (methods) => createAccess({ verifier, methods }),
  });
  const port = await server.listen('127.0.0.1', 0);
  server.setServing(true);
  const token = await issuer.accessToken({ id: unknownId, permissions: ['users.read'], expiresInSeconds: 86_400 });
  return {
    introduction: { target: `127.0.0.1:${port}`, issuer: realm.issuer, token },
    async close() {
      await server.drain(1_000);
      await observability.close();
    },
  };
}
