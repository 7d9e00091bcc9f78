import { randomBytes } from 'node:crypto';
import { keep } from './kept-file';
import { type Ports, StartError } from './ports';

/** What is made once for an installation and kept. */
export interface Secrets {
  readonly userSecretKey: string;
  readonly authSecretKey: string;
  readonly userDatabasePassword: string;
  readonly authDatabasePassword: string;
}

export interface Administrator {
  readonly email: string;
  readonly password: string;
}

export const keepSecrets = (folder: string): Promise<Secrets> =>
  keep(`${folder}/secrets.json`, () => ({
    userSecretKey: randomBytes(32).toString('base64'),
    authSecretKey: randomBytes(32).toString('base64'),
    userDatabasePassword: randomBytes(24).toString('base64url'),
    authDatabasePassword: randomBytes(24).toString('base64url'),
  }));

/** The first administrator: the one of the environment, or one that is made and kept. */
export async function keepAdministrator(folder: string, { AUTH_BOOTSTRAP_EMAIL, AUTH_BOOTSTRAP_PASSWORD }: NodeJS.ProcessEnv): Promise<Administrator> {
  const kept = await keep(`${folder}/administrator.json`, () => ({ email: 'admin@gatehouse.example', password: randomBytes(18).toString('base64url') }));
  return { email: AUTH_BOOTSTRAP_EMAIL || kept.email, password: AUTH_BOOTSTRAP_PASSWORD || kept.password };
}

/**
 * What the launcher looks at itself, it looks for in the environment alone.
 * @throws StartError when one of those is given as a file
 */
export function refuseFiles(own: NodeJS.ProcessEnv): void {
  const files = ['USER_DATABASE_URL_FILE', 'AUTH_DATABASE_URL_FILE', 'AUTH_BOOTSTRAP_PASSWORD_FILE'].filter((name) => own[name]);
  if (files.length) throw new StartError(files.map((name) => `${name} is for the services alone: set ${name.replace(/_FILE$/, '')}`).join('\n'));
}

/** The environment of the services: the launcher's own, and for each setting that is not in it what fits the others. `lookUrl` is where they send their traces. */
export function toServiceEnvironment(
  own: NodeJS.ProcessEnv,
  ports: Ports,
  secrets: Secrets,
  databases: { user: string; auth: string },
  lookUrl?: string,
): Record<string, string> {
  const user = `127.0.0.1:${ports.USER_GRPC_PORT}`;
  const auth = `127.0.0.1:${ports.AUTH_GRPC_PORT}`;
  const derived: Record<string, string> = {
    USER_DATABASE_URL: databases.user,
    AUTH_DATABASE_URL: databases.auth,
    USER_SECRET_KEY: secrets.userSecretKey,
    AUTH_SECRET_KEY: secrets.authSecretKey,
    USER_VERIFIER_TARGET: auth,
    AUTH_USER_TARGET: user,
    GATEWAY_UPSTREAMS: `gatehouse.user.v1=${user},gatehouse.auth.v1=${auth},gatehouse.verifier.v1=${auth}`,
    GATEHOUSE_ISSUER: `http://127.0.0.1:${ports.GATEWAY_HTTP_PORT}`,
    ...(lookUrl ? { OTEL_EXPORTER_OTLP_ENDPOINT: lookUrl } : {}),
    OTEL_TRACES_SAMPLER_ARG: '1',
    // everybody comes from one address here
    RATE_LIMIT_ENABLED: 'false',
    // all four parts end one after the other within ten seconds
    SHUTDOWN_TIMEOUT_MS: '3500',
  };
  const given = Object.fromEntries(Object.entries(own).filter((entry): entry is [string, string] => Boolean(entry[1])));
  // the launcher's own settings are none of the services', and a secret is given as a value or as a file
  const { GATEHOUSE_DATA_DIR: _dataDir, GATEHOUSE_LOOK_PORT: _lookPort, ...passedOn } = given;
  return { ...Object.fromEntries(Object.entries(derived).filter(([name]) => !given[`${name}_FILE`])), ...passedOn };
}
