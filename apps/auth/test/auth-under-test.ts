import { createServiceTokens } from '@gatehouse/access';
import { AuthServiceDefinition, descriptorSet as authContract } from '@gatehouse/contracts/auth';
import { descriptorSet as verifierContract, VerifierServiceDefinition } from '@gatehouse/contracts/verifier';
import { createDatabase, type Database } from '@gatehouse/postgres';
import { createTestDatabase } from '@gatehouse/postgres/testing';
import { createChannel, createClient, type RpcClient } from '@gatehouse/rpc';
import { randomUUID } from 'node:crypto';
import { createAccessTokens } from '../src/access-tokens';
import { type AuthApp, createAuthApp, migrationSets } from '../src/app';
import { type Config, configSchema } from '../src/config';
import { createSigningKeys } from '../src/signing-keys';
import { type FakeUserService, realm, startFakeUserService } from './fake-user-service';

const secretKey = Buffer.alloc(32, 7).toString('base64');

export interface AuthUnderTest {
  readonly app: AuthApp;
  readonly config: Config;
  readonly settings: Record<string, string>;
  readonly users: FakeUserService;
  readonly auth: RpcClient<AuthServiceDefinition>;
  readonly verifier: RpcClient<VerifierServiceDefinition>;
  /** A client that calls with the token, or with none. */
  as(token?: string): RpcClient<AuthServiceDefinition>;
  /** Signs as the service does, for people and services that it need not know. */
  readonly issuer: {
    accessToken(person: { id: string; permissions?: readonly string[] }): Promise<string>;
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
}

/** The service as it is shipped, on a real database; beside it a UserService of the test's. */
export async function startAuth({ settings = {}, overrides, beside }: StartOptions = {}): Promise<AuthUnderTest> {
  const users = beside?.users ?? (await startFakeUserService());
  const testDatabase = beside ? undefined : await createTestDatabase(migrationSets);
  const url = testDatabase?.url ?? beside!.settings.AUTH_DATABASE_URL!;
  const all = {
    AUTH_GRPC_PORT: '0',
    AUTH_ADMIN_PORT: '0',
    AUTH_DATABASE_URL: url,
    AUTH_SECRET_KEY: secretKey,
    AUTH_USER_TARGET: users.target,
    GATEHOUSE_ISSUER: realm.issuer,
    GATEHOUSE_AUDIENCE: realm.audience,
    LOG_LEVEL: 'error',
    ...settings,
  };
  const config = configSchema.parse(all);
  const app = createAuthApp(config, overrides);
  await app.listen();
  const channel = createChannel({ target: `127.0.0.1:${app.grpcPort}`, descriptorSets: [authContract, verifierContract], defaultDeadlineMs: 20_000 });
  const verifier = createClient(VerifierServiceDefinition, channel);
  const database = createDatabase({ url, applicationName: 'test' });
  const { signingKey } = createSigningKeys(database, config.AUTH_SECRET_KEY);
  const signer = { issuer: config.GATEHOUSE_ISSUER, signingKey };
  const accessTokens = createAccessTokens({ ...signer, audience: config.GATEHOUSE_AUDIENCE, lifetimeSeconds: 900 });
  const as = (token?: string) => createClient(AuthServiceDefinition, channel, token ? { credentials: async () => token } : {});
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
  return {
    app,
    config,
    settings: all,
    users,
    auth: as(),
    verifier,
    as,
    issuer: {
      accessToken: ({ id, permissions = [] }) => accessTokens.sign({ userId: id, sessionId: randomUUID(), permissions }),
      serviceToken: (service, audience) => createServiceTokens({ ...signer, service, audience })(),
    },
    database,
    readyz: async () => (await fetch(`http://127.0.0.1:${app.adminPort}/readyz`)).status,
    async dump() {
      const tables = [
        'signing_keys',
        'credentials',
        'pending_sign_ups',
        'sessions',
        'refresh_tokens',
        'idempotency_records',
        'known_people',
        'changed_roles',
        'user_feed',
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
export async function until(condition: () => Promise<boolean> | boolean, patienceMs = 10_000): Promise<number> {
  const start = Date.now();
  while (!(await condition())) {
    if (Date.now() - start > patienceMs) throw new Error(`it did not happen within ${patienceMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return Date.now() - start;
}
