import { createServiceTokens } from '@gatehouse/access';
import { emailTaken } from '@gatehouse/contracts/auth';
import { descriptorSet as userContract, UserServiceDefinition } from '@gatehouse/contracts/user';
import { createCertificateStore } from '@gatehouse/lifecycle';
import { createDatabase } from '@gatehouse/postgres';
import { createChannel, createClient, currentCall } from '@gatehouse/rpc';
import type { createObservability } from '@gatehouse/observability';
import type { Config } from './config';
import { createEvents } from './events';
import { createUserFollower } from './follow-users';
import { createPasswords } from './passwords';
import { createPeople } from './people';
import { createSigningKeys } from './signing-keys';

/** What serving and bootstrapping both stand on. */
export function createParts(config: Config, observability: ReturnType<typeof createObservability>) {
  const certificateStore = createCertificateStore(observability);
  const certificates = certificateStore.open('MTLS', config);
  const signal = () => currentCall()?.signal;
  const connection = {
    url: config.AUTH_DATABASE_URL,
    certificates,
    isPooled: config.AUTH_DATABASE_POOLER === 'transaction',
  };
  const database = createDatabase({
    ...connection,
    applicationName: 'gatehouse-auth',
    poolSize: config.AUTH_DATABASE_POOL_SIZE,
    observer: observability.postgres,
    constraints: { credentials_pkey: emailTaken },
    signal,
  });
  // whoever follows `user` keeps a connection for long, which no call may have to wait for
  const placeDatabase = createDatabase({ ...connection, applicationName: 'gatehouse-auth-follower', poolSize: 1 });
  const signingKeys = createSigningKeys(database, config.AUTH_SECRET_KEY);
  const userChannel = createChannel({
    target: config.AUTH_USER_TARGET,
    descriptorSets: [userContract],
    observer: observability.rpc,
    certificates,
    serverName: config.MTLS_SERVER_NAMES.get(config.AUTH_USER_TARGET),
  });
  const credentials = createServiceTokens({ issuer: config.GATEHOUSE_ISSUER, service: 'auth', audience: 'user', signingKey: signingKeys.signingKey });
  const people = createPeople(createClient(UserServiceDefinition, userChannel, { credentials }));
  const events = createEvents(observability);
  return {
    certificates,
    database,
    signingKeys,
    passwords: createPasswords({ signal, observer: events.passwordHashes }),
    people,
    follower: createUserFollower({ database, placeDatabase, people, observer: events.userFeed }),
    async close() {
      userChannel.close();
      await placeDatabase.close();
      await database.close();
      certificateStore.close();
    },
  };
}
