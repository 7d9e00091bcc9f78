import { createTestIssuer, type TestIssuer } from '@gatehouse/access/testing';
import { descriptorSet, RoleServiceDefinition, UserServiceDefinition } from '@gatehouse/contracts/user';
import { createTestDatabase } from '@gatehouse/postgres/testing';
import { createChannel, createClient, type RpcClient } from '@gatehouse/rpc';
import { Client } from 'pg';
import { createUserApp, migrationSets, type UserApp } from '../src/app';
import { configSchema } from '../src/config';

const realm = { issuer: 'https://gatehouse.test', audience: 'gatehouse' };

export interface UserUnderTest {
  readonly app: UserApp;
  readonly databaseUrl: string;
  readonly issuer: TestIssuer;
  readonly target: string;
  /** What a process of the service on the same database needs beside its ports and keys. */
  readonly settings: Readonly<Record<string, string>>;
  /** A client that calls with the token, or with none. */
  as(token?: string): RpcClient<UserServiceDefinition>;
  asAdmin(): Promise<RpcClient<UserServiceDefinition>>;
  asService(name?: string): Promise<RpcClient<UserServiceDefinition>>;
  asPerson(id: string, permissions?: readonly string[]): Promise<RpcClient<UserServiceDefinition>>;
  /** A client of RoleService that calls for a person. */
  roles(id: string, permissions: readonly string[]): Promise<RpcClient<RoleServiceDefinition>>;
  /** Asks the database past the service, and gives the rows. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  query(statement: string, values?: readonly unknown[]): Promise<readonly any[]>;
  close(): Promise<void>;
}

export const adminId = '018f0000-0000-7000-8000-00000000000a';

/** What the built-in role of administrators permits. */
export const administratorsPermissions: readonly string[] = [
  ...['create', 'read', 'update', 'delete', 'suspend', 'setRoles', 'import', 'export'].map((each) => `users.${each}`),
  ...['create', 'read', 'update', 'delete', 'escalate'].map((each) => `roles.${each}`),
  ...['accounts.import', 'factors.delete', 'factors.read', 'keys.manage', 'people.erase', 'people.export'],
  ...['sessions.read', 'sessions.revoke', 'sessions.update', 'tokens.introspect', 'users.invite'],
];

interface StartOptions {
  settings?: Record<string, string>;
  overrides?: Parameters<typeof createUserApp>[1];
}

/** The service as it is shipped, on a database of its own; only the keys of tokens are the test's. */
export async function startUser(databaseUrl?: string, { settings: own = {}, overrides }: StartOptions = {}): Promise<UserUnderTest> {
  const database = databaseUrl ? undefined : await createTestDatabase(migrationSets);
  const issuer = await createTestIssuer(realm);
  const url = databaseUrl ?? database!.url;
  const settings = {
    USER_DATABASE_URL: url,
    USER_SECRET_KEY: Buffer.alloc(32, 7).toString('base64'),
    GATEHOUSE_ISSUER: realm.issuer,
    LOG_LEVEL: 'error',
    ...own,
  };
  const config = configSchema.parse({ ...settings, USER_GRPC_PORT: '0', USER_ADMIN_PORT: '0' });
  const app = createUserApp(config, { keys: issuer.keys, ...overrides });
  await app.listen();
  const target = `127.0.0.1:${app.grpcPort}`;
  const channel = createChannel({ target, descriptorSets: [descriptorSet] });
  const as = (token?: string) => createClient(UserServiceDefinition, channel, token ? { credentials: async () => token } : {});
  return {
    app,
    databaseUrl: url,
    issuer,
    target,
    settings,
    as,
    asAdmin: async () => as(await issuer.accessToken({ id: adminId, permissions: ['users.create', 'users.read', 'users.update'] })),
    asService: async (name = 'auth') => as(await issuer.serviceToken(name, 'user')),
    asPerson: async (id, permissions) => as(await issuer.accessToken({ id, permissions })),
    roles: async (id, permissions) => {
      const token = await issuer.accessToken({ id, permissions });
      return createClient(RoleServiceDefinition, channel, { credentials: async () => token });
    },
    async query(statement, values = []) {
      const client = new Client({ connectionString: url });
      await client.connect();
      try {
        return (await client.query(statement, [...values])).rows;
      } finally {
        await client.end();
      }
    },
    async close() {
      channel.close();
      await app.close();
      await database?.drop();
    },
  };
}

/** The verdict on a call: `OK`, or code, reason and the fields at fault. */
export const verdictOf = (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => 'OK',
    (error) => [error.code, error.reason, ...error.violations.map(({ field }: { field: string }) => field)].join(' '),
  );
