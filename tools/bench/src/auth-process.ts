import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { type MeasuredProcess, startMeasured } from './measured-process';
import { findFreePort, whenReady } from './ready';

export interface AuthProcess extends MeasuredProcess {
  /** Of its gRPC port. */
  readonly target: string;
}

export interface AuthOptions {
  readonly databaseUrl: string;
  readonly userTarget: string;
  readonly nodeArguments: readonly string[];
}

const limits = ['ACCOUNT_FREE_FAILURES', 'ADDRESS_FREE_FAILURES', 'NETWORK_FREE_FAILURES', 'FLOOD_FAILURES_PER_MINUTE', 'SIGN_UPS_PER_ADDRESS'];
const unlimited = Object.fromEntries(limits.map((limit) => [`AUTH_${limit}`, '1000000']));

/** The auth service as it is built, before its database; ready when it is given. */
export async function startAuth({ databaseUrl, userTarget, nodeArguments }: AuthOptions): Promise<AuthProcess> {
  await promisify(execFile)(process.execPath, ['dist/apps/auth/main.cjs', 'migrate'], { env: { AUTH_DATABASE_URL: databaseUrl } });
  const [port, adminPort] = [await findFreePort(), await findFreePort()];
  const auth = startMeasured({
    bundle: 'apps/auth/main.cjs',
    nodeArguments,
    environment: {
      AUTH_GRPC_PORT: String(port),
      AUTH_ADMIN_PORT: String(adminPort),
      AUTH_DATABASE_URL: databaseUrl,
      AUTH_SECRET_KEY: randomBytes(32).toString('base64'),
      AUTH_USER_TARGET: userTarget,
      AUTH_SIGNUP_VERIFICATION: 'off',
      // a few people log in very often, from one address
      ...unlimited,
    },
  });
  return whenReady({ ...auth, target: `127.0.0.1:${port}` }, adminPort);
}
