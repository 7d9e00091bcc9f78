import { createServiceTokens } from '@gatehouse/access';
import { emailTaken } from '@gatehouse/contracts/auth';
import { descriptorSet as userContract, UserServiceDefinition } from '@gatehouse/contracts/user';
import { createCertificateStore } from '@gatehouse/lifecycle';
import { createDatabase } from '@gatehouse/postgres';
import { createChannel, createClient, currentCall } from '@gatehouse/rpc';
import type { createObservability } from '@gatehouse/observability';
import type { Config } from './config';
import { createEvents } from './events';
import { createPasswords } from './passwords';
import { createPeople } from './people';
import { createSigningKeys } from './signing-keys';

/** What serving and bootstrapping both stand on. */
export function createParts(config: Config, observability: ReturnType<typeof createObservability>) {
  const certificateStore = createCertificateStore(observability);
  const certificates = certificateStore.open('MTLS', config);
  const signal = () => currentCall()?.signal;
  const database = createDatabase({
    url: config.AUTH_DATABASE_URL,
    certificates,
    applicationName: 'gatehouse-auth',
    poolSize: config.AUTH_DATABASE_POOL_SIZE,
    isPooled: config.AUTH_DATABASE_POOLER === 'transaction',
    observer: observability.postgres,
    constraints: { credentials_pkey: emailTaken },
    signal,
  });
  const signingKeys = createSigningKeys(database, config.AUTH_SECRET_KEY);
  const userChannel = createChannel({
    target: config.AUTH_USER_TARGET,
    descriptorSets: [userContract],
    observer: observability.rpc,
    certificates,
    serverName: config.MTLS_SERVER_NAMES.get(config.AUTH_USER_TARGET),
  });
  const credentials = createServiceTokens({ issuer: config.GATEHOUSE_ISSUER, service: 'auth', audience: 'user', signingKey: signingKeys.signingKey });
  return {
    certificates,
    database,
    signingKeys,
    passwords: createPasswords({ signal, observer: createEvents(observability).passwordHashes }),
    people: createPeople(createClient(UserServiceDefinition, userChannel, { credentials })),
    async close() {
      userChannel.close();
      await database.close();
      certificateStore.close();
    },
  };
}
