import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { type MeasuredProcess, startMeasured } from './measured-process';
import { findFreePort, whenReady } from './ready';

export interface UserProcess extends MeasuredProcess {
  /** Of its gRPC port. */
  readonly target: string;
}

export interface UserOptions {
  readonly databaseUrl: string;
  readonly verifierTarget: string;
  readonly issuer: string;
  /** Of gRPC; a free one if it is left out. */
  readonly port?: number;
  readonly bundle?: string;
  readonly environment?: Record<string, string>;
  readonly nodeArguments: readonly string[];
}

/** Brings a database to what `user` as it is built expects. @throws what the command says when it fails */
export async function migrateUsers(databaseUrl: string): Promise<void> {
  await promisify(execFile)(process.execPath, ['dist/apps/user/main.cjs', 'migrate'], { env: { USER_DATABASE_URL: databaseUrl } });
}

/** The user service as it is built, before its database; ready when it is given. */
export async function startUser({
  databaseUrl,
  verifierTarget,
  issuer,
  port: given,
  bundle = 'apps/user/main.cjs',
  environment = {},
  nodeArguments,
}: UserOptions): Promise<UserProcess> {
  const [port, adminPort] = [given ?? (await findFreePort()), await findFreePort()];
  const user = startMeasured({
    bundle,
    nodeArguments,
    environment: {
      USER_GRPC_PORT: String(port),
      USER_ADMIN_PORT: String(adminPort),
      USER_DATABASE_URL: databaseUrl,
      USER_SECRET_KEY: randomBytes(32).toString('base64'),
      USER_VERIFIER_TARGET: verifierTarget,
      GATEHOUSE_ISSUER: issuer,
      ...environment,
    },
  });
  return whenReady({ ...user, target: `127.0.0.1:${port}` }, adminPort);
}
