import { AuthServiceDefinition, descriptorSet as authContract } from '@gatehouse/contracts/auth';
import { descriptorSet as verifierContract, VerifierServiceDefinition } from '@gatehouse/contracts/verifier';
import { startTemporaryPostgresServer } from '@gatehouse/postgres-server';
import { createChannel, createClient, type RpcClient } from '@gatehouse/rpc';
import { type AuthProcess, startAuth } from './auth-process';
import { findFreePort } from './ready';
import { migrateUsers, startUser } from './user-process';

// what both take for themselves where nothing is said
const issuer = 'http://127.0.0.1:8080';

export const password = 'correct horse battery';

/** What people sign in at: auth, user and PostgreSQL, with people who have the password. */
export interface SignInServices {
  readonly auth: AuthProcess;
  readonly client: RpcClient<AuthServiceDefinition>;
  readonly verifier: RpcClient<VerifierServiceDefinition>;
  readonly people: readonly { readonly email: string; readonly refreshToken: string }[];
  close(): Promise<void>;
}

export async function startSignInServices(count: number, nodeArguments: readonly string[]): Promise<SignInServices> {
  const opened: (() => unknown)[] = [];
  const close = async () => {
    for (const each of opened.splice(0).reverse()) await each();
  };
  try {
    const postgres = await startTemporaryPostgresServer();
    opened.push(() => postgres.stop());
    const [userUrl, authUrl] = [
      await postgres.createDatabase('bench_user', { role: 'bench_user', password: 'bench' }),
      await postgres.createDatabase('bench_auth', { role: 'bench_auth', password: 'bench' }),
    ];
    const port = await findFreePort();
    const auth = await startAuth({ databaseUrl: authUrl, userTarget: `127.0.0.1:${port}`, nodeArguments });
    opened.push(() => auth.stop());
    await migrateUsers(userUrl);
    const user = await startUser({ databaseUrl: userUrl, verifierTarget: auth.target, issuer, port, nodeArguments: [] });
    opened.push(() => user.stop());
    const channel = createChannel({ target: auth.target, descriptorSets: [authContract, verifierContract] });
    opened.push(() => channel.close());
    const client = createClient(AuthServiceDefinition, channel);
    const people: { email: string; refreshToken: string }[] = [];
    for (let index = 0; index < count; index++) {
      const email = `person-${index}@example.com`;
      people.push({ email, refreshToken: (await client.signUp({ email, password })).refreshToken! });
    }
    return { auth, client, verifier: createClient(VerifierServiceDefinition, channel), people, close };
  } catch (error) {
    await close();
    throw error;
  }
}
