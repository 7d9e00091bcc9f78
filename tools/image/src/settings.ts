import { randomBytes } from 'node:crypto';

export const apps = ['auth', 'user', 'gateway'] as const;
export type App = (typeof apps)[number];

/** A container of a service, with an address of its own, so that each listens on the ports that are the defaults. */
export interface Replica {
  readonly app: App;
  readonly name: string;
  readonly address: string;
}

export const adminPorts: Readonly<Record<App, number>> = { gateway: 9_080, user: 9_051, auth: 9_052 };
export const httpPort = 8_080;

/** Two replicas of each service, in an order in which they start. */
export const replicas: readonly Replica[] = apps.flatMap((app, index) =>
  [1, 2].map((number) => ({ app, name: `gatehouse-${app}-${number}`, address: `127.77.${index}.${number}` })),
);

/** The names by which services find each other, one for each and the addresses of all its replicas, as a headless Service of Kubernetes has it; and PostgreSQL. */
export const hosts: readonly string[] = [...replicas.map(({ app, address }) => `${app}:${address}`), 'postgres:127.0.0.1'];

/** The environment of all services of an installation, which prove who they are to each other and to PostgreSQL. */
export function toSettings(databases: { user: string; auth: string }): Record<string, string> {
  const user = 'dns:///user:50051';
  const auth = 'dns:///auth:50052';
  const key = () => randomBytes(32).toString('base64');
  return {
    USER_DATABASE_URL: toNamed(databases.user),
    AUTH_DATABASE_URL: toNamed(databases.auth),
    USER_SECRET_KEY: key(),
    AUTH_SECRET_KEY: key(),
    USER_VERIFIER_TARGET: auth,
    AUTH_USER_TARGET: user,
    GATEWAY_UPSTREAMS: `gatehouse.user.v1=${user},gatehouse.auth.v1=${auth},gatehouse.verifier.v1=${auth}`,
    MTLS_CERT_FILE: '/certificates/tls.crt',
    MTLS_KEY_FILE: '/certificates/tls.key',
    MTLS_CA_FILE: '/certificates/ca.crt',
    // everybody comes from one address here
    RATE_LIMIT_ENABLED: 'false',
    // what a load balancer takes to notice
    SHUTDOWN_GRACE_MS: '1000',
  };
}

// by its name PostgreSQL is elsewhere, and has to prove that it is the one
const toNamed = (url: string) => url.replace('@127.0.0.1:', '@postgres:');

/** What a replica has for itself. */
export const toOwnSettings = ({ app, address }: Replica): Record<string, string> => {
  const name = app.toUpperCase();
  return { [`${name}_${app === 'gateway' ? 'HTTP' : 'GRPC'}_HOST`]: address, [`${name}_ADMIN_HOST`]: address };
};
