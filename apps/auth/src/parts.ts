import { createServiceTokens } from '@gatehouse/access';
import { emailTaken } from '@gatehouse/contracts/auth';
import { descriptorSet as userContract, UserServiceDefinition } from '@gatehouse/contracts/user';
import { createCertificateStore } from '@gatehouse/lifecycle';
import { createDatabase } from '@gatehouse/postgres';
import { createChannel, createClient, currentCall } from '@gatehouse/rpc';
import type { createObservability } from '@gatehouse/observability';
import { createLinks } from './codes/links';
import type { Config } from './config';
import { createEvents } from './events';
import { createMailQueue } from './mail/mail-queue';
import { createNotices } from './mail/notices';
import { createUserFollower } from './user-feed/follow-users';
import { createBreachedPasswords } from './passwords/breached-passwords';
import { createPasswordPolicy } from './passwords/password-policy';
import { createPasswords } from './passwords/passwords';
import { createPeople } from './people';
import type { Secrets } from './seal';
import { createSigningKeys } from './tokens/signing-keys';

/** What serving and bootstrapping both stand on. */
export function createParts(config: Config, observability: ReturnType<typeof createObservability>) {
  const secrets: Secrets = [config.AUTH_SECRET_KEY, ...config.AUTH_PREVIOUS_SECRET_KEYS];
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
  // and what is revoked is told however many calls there are
  const logDatabase = createDatabase({ ...connection, applicationName: 'gatehouse-auth-revocations', poolSize: 1 });
  const signingKeys = createSigningKeys(database, secrets);
  const userChannel = createChannel({
    target: config.AUTH_USER_TARGET,
    descriptorSets: [userContract],
    observer: observability.rpc,
    certificates,
    serverName: config.MTLS_SERVER_NAMES.get(config.AUTH_USER_TARGET),
  });
  const credentials = createServiceTokens({ issuer: config.GATEHOUSE_ISSUER, service: 'auth', audience: 'user', signingKey: signingKeys.signingKey });
  const people = createPeople(createClient(UserServiceDefinition, userChannel, { credentials }));
  // for calls that carry the token of whoever asks
  const users = createClient(UserServiceDefinition, userChannel);
  const events = createEvents(observability);
  const mailQueue = createMailQueue(secrets);
  const links = createLinks(config.AUTH_LINK_BASE_URL ?? config.GATEHOUSE_ISSUER);
  const breachedUrl = config.AUTH_BREACHED_PASSWORDS_URL;
  const isBreached = breachedUrl
    ? createBreachedPasswords({ url: breachedUrl, timeoutMs: config.AUTH_BREACHED_PASSWORDS_TIMEOUT_MS, signal, observer: events.breachedPasswords })
    : undefined;
  return {
    secrets,
    certificates,
    database,
    logDatabase,
    signingKeys,
    security: events.security,
    mailObserver: events.mails,
    revocationLag: events.revocationLag,
    mailQueue,
    links,
    notices: createNotices(mailQueue, links.recovery),
    passwords: createPasswords({
      memoryKib: config.AUTH_ARGON2_MEMORY_KIB,
      passes: config.AUTH_ARGON2_PASSES,
      peppers: config.AUTH_PASSWORD_PEPPERS,
      threads: config.UV_THREADPOOL_SIZE,
      caller: currentCall,
      observer: events.passwordHashes,
    }),
    passwordPolicy: createPasswordPolicy({
      minLength: config.AUTH_PASSWORD_MIN_LENGTH,
      minStrength: config.AUTH_PASSWORD_MIN_STRENGTH,
      contextWords: config.AUTH_PASSWORD_CONTEXT_WORDS,
      isBreached,
      failsClosed: config.AUTH_BREACHED_PASSWORDS_FAIL === 'closed',
    }),
    people,
    users,
    follower: createUserFollower({ database, placeDatabase, people, observer: events.userFeed }),
    async close() {
      userChannel.close();
      await placeDatabase.close();
      await logDatabase.close();
      await database.close();
      certificateStore.close();
    },
  };
}
