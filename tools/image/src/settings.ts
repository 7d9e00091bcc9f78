import { isEdge, readServices, type Service, toSettings as toSharedSettings } from '#services';
import { randomBytes } from 'node:crypto';

const rankOf = (service: Service) => (service.packages.includes('gatehouse.verifier.v1') ? 0 : isEdge(service) ? 2 : 1);
/** What there is an image of: who has the keys that all others wait for is the first, the edge the last. */
const installed = [...readServices('.')].sort((one, other) => rankOf(one) - rankOf(other));
export const apps = installed.map(({ name }) => name);
/** Those with a database. */
export const keepers = installed.filter(({ hasDatabase }) => hasDatabase).map(({ name }) => name);

/** A container of a service, with an address of its own, so that each listens on the ports that are the defaults. */
export interface Replica {
  readonly app: string;
  readonly name: string;
  readonly address: string;
}

export const adminPorts: Readonly<Record<string, number>> = Object.fromEntries(installed.map(({ name, ports }) => [name, ports.admin]));
export const httpPort = installed.find(isEdge)!.ports.http!;

/** Two replicas of each service, in an order in which they start. */
export const replicas: readonly Replica[] = apps.flatMap((app, index) =>
  [1, 2].map((number) => ({ app, name: `gatehouse-${app}-${number}`, address: `127.77.${index}.${number}` })),
);

/** The names by which services find each other, one for each and the addresses of all its replicas, as a headless Service of Kubernetes has it; and PostgreSQL. */
export const hosts: readonly string[] = [...replicas.map(({ app, address }) => `${app}:${address}`), 'postgres:127.0.0.1'];

/** The environment of all services of an installation, which prove who they are to each other and to PostgreSQL. */
export const toSettings = (databases: Readonly<Record<string, string>>): Record<string, string> => ({
  ...toSharedSettings(installed, {
    target: ({ name, ports }) => `dns:///${name}:${ports.grpc}`,
    databaseUrl: ({ name }) => toNamed(databases[name]!),
    secretKey: () => randomBytes(32).toString('base64'),
  }),
  MTLS_CERT_FILE: '/certificates/tls.crt',
  MTLS_KEY_FILE: '/certificates/tls.key',
  MTLS_CA_FILE: '/certificates/ca.crt',
  // everybody comes from one address here
  RATE_LIMIT_ENABLED: 'false',
  AUTH_SIGN_UPS_PER_ADDRESS: '1000000',
  AUTH_ADDRESS_FREE_FAILURES: '1000000',
  AUTH_NETWORK_FREE_FAILURES: '1000000',
  AUTH_ACCOUNT_FREE_FAILURES: '1000000',
  // there is no mail server
  AUTH_SIGNUP_VERIFICATION: 'off',
  // what a load balancer takes to notice
  SHUTDOWN_GRACE_MS: '1000',
});

// by its name PostgreSQL is elsewhere, and has to prove that it is the one
const toNamed = (url: string) => url.replace('@127.0.0.1:', '@postgres:');

/** What a replica has for itself. */
export const toOwnSettings = ({ app, address }: Replica): Record<string, string> => {
  const name = app.toUpperCase();
  return { [`${name}_${app === 'gateway' ? 'HTTP' : 'GRPC'}_HOST`]: address, [`${name}_ADMIN_HOST`]: address };
};
