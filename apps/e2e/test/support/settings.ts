import { isEdge, readServices, type Service, toPortSettings, toSettings as toSharedSettings, toTargets } from '#services';
import { randomBytes } from 'node:crypto';
import { resolve } from 'node:path';

const all = readServices(resolve(__dirname, '../../../..'));
/** What the workspace has to start; the edge is the last. */
export const installed: readonly Service[] = [...all.filter((service) => !isEdge(service)), ...all.filter(isEdge)];
/** Those of them that keep something. */
export const keepers = installed.filter(({ hasDatabase }) => hasDatabase);

/** Those that the tests name; whatever else is installed runs beside them. */
export type ServiceName = 'user' | 'auth' | 'gateway';
/** By the names of the services with a database. */
export type Databases = Readonly<Record<'user' | 'auth', string>>;

export const services = installed.map(({ name }) => name as ServiceName);

/** The settings of a service for the port that others call and for its admin port. */
export const portSettings = Object.fromEntries(installed.map((service) => [service.name, toPortSettings(service)])) as Readonly<
  Record<ServiceName, readonly [string, string]>
>;

/** The gateway's setting of where each package is served. */
export const toUpstreams = (target: (service: Service) => string): string => toTargets(installed, target).GATEWAY_UPSTREAMS!;

/** What all processes of an installation are started with, by the gRPC target of each service; its secrets are made here. */
export const toSettings = (databases: Databases, target: (service: ServiceName) => string): Record<string, string> => ({
  ...toSharedSettings(installed, {
    target: ({ name }) => target(name as ServiceName),
    databaseUrl: ({ name }) => databases[name as keyof Databases],
    secretKey: () => randomBytes(32).toString('base64'),
  }),
  // everybody comes from one address here, and several at once to one account
  RATE_LIMIT_ENABLED: 'false',
  AUTH_ACCOUNT_FREE_FAILURES: '1000000',
  AUTH_DEVICE_FREE_FAILURES: '1000000',
  AUTH_ADDRESS_FREE_FAILURES: '1000000',
  AUTH_NETWORK_FREE_FAILURES: '1000000',
  AUTH_FLOOD_FAILURES_PER_MINUTE: '1000000',
  AUTH_SIGN_UPS_PER_ADDRESS: '1000000',
  // who signs up here expects tokens
  AUTH_SIGNUP_VERIFICATION: 'off',
});

/** Something for each name, one after the other. */
export async function forEach<Name extends string, T>(names: readonly Name[], make: (name: Name) => Promise<T>): Promise<Record<Name, T>> {
  const made = {} as Record<Name, T>;
  for (const name of names) made[name] = await make(name);
  return made;
}
