import { isEdge, type Service, toPortSettings, toSetting, toSettings } from '#services';
import { randomBytes } from 'node:crypto';
import { keep, keepAll } from './kept-file';
import { type Ports, StartError } from './ports';

/** What is made once for an installation and kept: `userSecretKey`, `userDatabasePassword` and so on. */
export type Secrets = Readonly<Record<string, string>>;

const secretKeyOf = ({ name }: Service, secrets: Secrets) => secrets[`${name}SecretKey`]!;
/** The password of a service's role. */
export const passwordOf = ({ name }: Service, secrets: Secrets) => secrets[`${name}DatabasePassword`]!;

export interface Administrator {
  readonly email: string;
  readonly password: string;
}

/** The secrets of the services that keep something; those of one that is new join what is kept. */
export const keepSecrets = (folder: string, services: readonly Service[]): Promise<Secrets> =>
  keepAll(`${folder}/secrets.json`, () =>
    Object.fromEntries(
      services
        .filter(({ hasDatabase }) => hasDatabase)
        .flatMap(({ name }) => [
          [`${name}SecretKey`, randomBytes(32).toString('base64')],
          [`${name}DatabasePassword`, randomBytes(24).toString('base64url')],
        ]),
    ),
  );

/** The first administrator: the one of the environment, or one that is made and kept. */
export async function keepAdministrator(folder: string, { AUTH_BOOTSTRAP_EMAIL, AUTH_BOOTSTRAP_PASSWORD }: NodeJS.ProcessEnv): Promise<Administrator> {
  const kept = await keep(`${folder}/administrator.json`, () => ({ email: 'admin@gatehouse.example', password: randomBytes(18).toString('base64url') }));
  return { email: AUTH_BOOTSTRAP_EMAIL || kept.email, password: AUTH_BOOTSTRAP_PASSWORD || kept.password };
}

/**
 * What the launcher looks at itself, it looks for in the environment alone.
 * @throws StartError when one of those is given as a file
 */
export function refuseFiles(services: readonly Service[], own: NodeJS.ProcessEnv): void {
  const urls = services.filter(({ hasDatabase }) => hasDatabase).map((service) => toSetting(service, 'DATABASE_URL_FILE'));
  const files = [...urls, 'AUTH_BOOTSTRAP_PASSWORD_FILE'].filter((name) => own[name]);
  if (files.length) throw new StartError(files.map((name) => `${name} is for the services alone: set ${name.replace(/_FILE$/, '')}`).join('\n'));
}

/** The environment of the services: the launcher's own, and for each setting that is not in it what fits the others. `lookUrl` is where they send their traces, `smtpUrl` where mails are shown. */
export function toServiceEnvironment(
  services: readonly Service[],
  own: NodeJS.ProcessEnv,
  ports: Ports,
  secrets: Secrets,
  databases: Readonly<Record<string, string>>,
  lookUrl?: string,
  smtpUrl?: string,
): Record<string, string> {
  const portOf = (service: Service) => ports[toPortSettings(service)[0]]!;
  const derived: Record<string, string> = {
    ...toSettings(services, {
      target: (service) => `127.0.0.1:${portOf(service)}`,
      databaseUrl: ({ name }) => databases[name]!,
      secretKey: (service) => secretKeyOf(service, secrets),
    }),
    GATEHOUSE_ISSUER: `http://127.0.0.1:${portOf(services.find(isEdge)!)}`,
    ...(lookUrl ? { OTEL_EXPORTER_OTLP_ENDPOINT: lookUrl } : {}),
    ...(smtpUrl && !own.AUTH_SMTP_URL && !own.AUTH_SMTP_URL_FILE
      ? { AUTH_SMTP_URL: smtpUrl, AUTH_SMTP_TLS: 'off', AUTH_MAIL_FROM: 'no-reply@gatehouse.example' }
      : {}),
    OTEL_TRACES_SAMPLER_ARG: '1',
    // everybody comes from one address here
    RATE_LIMIT_ENABLED: 'false',
    // who signs up has an account at once
    AUTH_SIGNUP_VERIFICATION: 'off',
    // edge, services and PostgreSQL end one after the other within ten seconds
    SHUTDOWN_TIMEOUT_MS: '3500',
  };
  const given = Object.fromEntries(Object.entries(own).filter((entry): entry is [string, string] => Boolean(entry[1])));
  // the launcher's own settings are none of the services', and a secret is given as a value or as a file
  const { GATEHOUSE_DATA_DIR: _dataDir, GATEHOUSE_LOOK_PORT: _lookPort, ...passedOn } = given;
  return { ...Object.fromEntries(Object.entries(derived).filter(([name]) => !given[`${name}_FILE`])), ...passedOn };
}
