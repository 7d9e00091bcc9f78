import { createServiceTokens } from '@gatehouse/access';
import {
  AccountServiceDefinition,
  AuthServiceDefinition,
  descriptorSet as authContract,
  FactorServiceDefinition,
  PasswordServiceDefinition,
  PersonServiceDefinition,
  SessionServiceDefinition,
} from '@gatehouse/contracts/auth';
import { descriptorSet as verifierContract, VerifierServiceDefinition } from '@gatehouse/contracts/verifier';
import { createDatabase, type Database } from '@gatehouse/postgres';
import { createTestDatabase } from '@gatehouse/postgres/testing';
import { createChannel, createClient, type RpcClient } from '@gatehouse/rpc';
import { randomUUID } from 'node:crypto';
import { createAccessTokens } from '../src/tokens/access-tokens';
import { type AuthApp, createAuthApp, migrationSets } from '../src/app';
import { type Config, configSchema } from '../src/config';
import type { Proof } from '../src/sessions/entry';
import { createSigningKeys } from '../src/tokens/signing-keys';
import { type FakeUserService, realm, startFakeUserService } from './fake-user-service';

const secretKey = Buffer.alloc(32, 7).toString('base64');

export interface AuthUnderTest {
  readonly app: AuthApp;
  readonly config: Config;
  readonly settings: Record<string, string>;
  readonly users: FakeUserService;
  readonly auth: RpcClient<AuthServiceDefinition>;
  readonly verifier: RpcClient<VerifierServiceDefinition>;
  /** A client of what is kept of people that calls with the token. */
  personsAs(token: string): RpcClient<PersonServiceDefinition>;
  /** A client of sessions that calls with the token. */
  sessionsAs(token: string): RpcClient<SessionServiceDefinition>;
  /** A client that calls with the token, or with none. */
  as(token?: string): RpcClient<AuthServiceDefinition>;
  passwordsAs(token?: string): RpcClient<PasswordServiceDefinition>;
  /** AccountService, called with the token. */
  accounts(token: string): RpcClient<AccountServiceDefinition>;
  /** The same, of what people have beside their passwords. */
  factorsOf(token?: string): RpcClient<FactorServiceDefinition>;
  /** Signs as the service does, for people and services that it need not know. */
  readonly issuer: {
    accessToken(person: { id: string; permissions?: readonly string[]; proof?: Proof }): Promise<string>;
    serviceToken(service: string, audience: string): Promise<string>;
  };
  readonly database: Database;
  readonly readyz: () => Promise<number>;
  /** Everything that a dump of the database would show, as text. */
  dump(): Promise<string>;
  /** What else is to be closed with it; the last first. */
  readonly alsoClose: (() => unknown)[];
  close(): Promise<void>;
}

export interface StartOptions {
  settings?: Record<string, string>;
  overrides?: Parameters<typeof createAuthApp>[1];
  /** Shares user service and database with it, and is closed with it at the latest. */
  beside?: AuthUnderTest;
  /** It is not waited for until it is ready, though what it stands on is there. */
  isUnready?: boolean;
}

/** The service as it is shipped, on a real database; beside it a UserService of the test's. */
export async function startAuth({ settings = {}, overrides, beside, isUnready = false }: StartOptions = {}): Promise<AuthUnderTest> {
  const users = beside?.users ?? (await startFakeUserService());
  const testDatabase = beside ? undefined : await createTestDatabase(migrationSets);
  const url = testDatabase?.url ?? beside!.settings.AUTH_DATABASE_URL!;
  const all = {
    AUTH_GRPC_PORT: '0',
    AUTH_ADMIN_PORT: '0',
    AUTH_DATABASE_URL: url,
    AUTH_SECRET_KEY: secretKey,
    AUTH_USER_TARGET: users.target,
    AUTH_SIGNUP_VERIFICATION: 'off',
    GATEHOUSE_ISSUER: realm.issuer,
    GATEHOUSE_AUDIENCE: realm.audience,
    LOG_LEVEL: 'error',
    // everybody comes from one address here, and several at once to one account
    AUTH_ACCOUNT_FREE_FAILURES: '1000000',
    AUTH_DEVICE_FREE_FAILURES: '1000000',
    AUTH_ADDRESS_FREE_FAILURES: '1000000',
    AUTH_NETWORK_FREE_FAILURES: '1000000',
    AUTH_SIGN_UPS_PER_ADDRESS: '1000000',
    ...settings,
  };
  const config = configSchema.parse(all);
  const app = createAuthApp(config, overrides);
  await app.listen();
  const channel = createChannel({ target: `127.0.0.1:${app.grpcPort}`, descriptorSets: [authContract, verifierContract], defaultDeadlineMs: 20_000 });
  const verifier = createClient(VerifierServiceDefinition, channel);
  const database = createDatabase({ url, applicationName: 'test' });
  const { signingKey } = createSigningKeys(database, [config.AUTH_SECRET_KEY, ...config.AUTH_PREVIOUS_SECRET_KEYS]);
  const signer = { issuer: config.GATEHOUSE_ISSUER, signingKey };
  const accessTokens = createAccessTokens({ ...signer, audience: config.GATEHOUSE_AUDIENCE, lifetimeSeconds: 900, jitterSeconds: 0, firstSecond: () => 0 });
  const as = (token?: string) => createClient(AuthServiceDefinition, channel, token ? { credentials: async () => token } : {});
  const personsAs = (token: string) => createClient(PersonServiceDefinition, channel, { credentials: async () => token });
  const sessionsAs = (token: string) => createClient(SessionServiceDefinition, channel, { credentials: async () => token });
  const factorsOf = (token?: string) => createClient(FactorServiceDefinition, channel, token ? { credentials: async () => token } : {});
  if (!beside) await users.trust(() => verifier.getJwks({}));
  const alsoClose: (() => unknown)[] = [];
  let closed: Promise<void> | undefined;
  const closeOnce = async () => {
    for (const close of alsoClose.reverse()) await close();
    channel.close();
    await app.close();
    await database.close();
    if (beside) return;
    await users.close();
    await testDatabase?.drop();
  };
  const close = () => (closed ??= closeOnce());
  beside?.alsoClose.push(close);
  const readyz = async () => (await fetch(`http://127.0.0.1:${app.adminPort}/readyz`)).status;
  // before it has heard what was revoked, it admits nobody
  if (beside && !isUnready) await until(async () => (await readyz()) === 200);
  return {
    app,
    config,
    settings: all,
    users,
    auth: as(),
    verifier,
    as,
    sessionsAs,
    factorsOf,
    passwordsAs: (token) => createClient(PasswordServiceDefinition, channel, token ? { credentials: async () => token } : {}),
    personsAs,
    accounts: (token) => createClient(AccountServiceDefinition, channel, { credentials: async () => token }),
    issuer: {
      accessToken: async ({ id, permissions = [], proof = { authTime: new Date(), methods: ['pwd'] } }) =>
        (
          await accessTokens.sign({
            userId: id,
            sessionId: randomUUID(),
            permissions,
            roleIds: [],
            askTime: Date.now(),
            proof,
            endTime: new Date(Date.now() + 900_000),
          })
        ).accessToken,
      serviceToken: (service, audience) => createServiceTokens({ ...signer, service, audience })(),
    },
    database,
    readyz,
    async dump() {
      const tables = [
        'signing_keys',
        'credentials',
        'password_history',
        'pending_sign_ups',
        'sessions',
        'refresh_tokens',
        'idempotency_records',
        'known_people',
        'changed_roles',
        'user_feed',
        'mails',
        'account_imports',
        'attempts',
        'outbox_events',
        'factors',
        'recovery_codes',
        'login_tokens',
        'one_time_codes',
        'begun_email_changes',
      ];
      // bytes as text too, as they might hold what is text
      const rows = await Promise.all(
        tables.map((table) => database.query<{ row: string }>({ name: `dump-${table}`, text: `select ${table}::text as row from ${table}` })),
      );
      const texts = rows.flat().map(({ row }) => row);
      return [...texts, ...texts.map((text) => text.replace(/\\+x([0-9a-f]+)/g, (_, hex) => Buffer.from(hex, 'hex').toString('latin1')))].join('\n');
    },
    alsoClose,
    close,
  };
}

/** The verdict on a call: `OK`, or code and reason. */
export const verdictOf = (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => 'OK',
    ({ code, reason }) => `${code} ${reason}`,
  );

/** Resolves when the condition holds; gives the milliseconds that took. */
export async function until(condition: () => Promise<boolean> | boolean, patienceMs = 25_000): Promise<number> {
  const start = Date.now();
  while (!(await condition())) {
    if (Date.now() - start > patienceMs) throw new Error(`it did not happen within ${patienceMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return Date.now() - start;
}
