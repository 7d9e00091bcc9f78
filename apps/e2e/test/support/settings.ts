import { randomBytes } from 'node:crypto';
import type { ServiceName } from './gatehouse';

/** The settings of a service for the port that others call and for its admin port. */
export const portSettings = {
  user: ['USER_GRPC_PORT', 'USER_ADMIN_PORT'],
  auth: ['AUTH_GRPC_PORT', 'AUTH_ADMIN_PORT'],
  gateway: ['GATEWAY_HTTP_PORT', 'GATEWAY_ADMIN_PORT'],
} as const satisfies Record<ServiceName, readonly [string, string]>;

/** Where the services find each other, by the gRPC targets of two of them. */
export const toTargets = (user: string, auth: string) => ({
  USER_VERIFIER_TARGET: auth,
  AUTH_USER_TARGET: user,
  GATEWAY_UPSTREAMS: `gatehouse.user.v1=${user},gatehouse.auth.v1=${auth},gatehouse.verifier.v1=${auth}`,
});

/** What all processes of an installation are started with; its secrets are made here. */
export function toSettings(databases: Readonly<Record<'user' | 'auth', string>>, targets: ReturnType<typeof toTargets>): Record<string, string> {
  const key = () => randomBytes(32).toString('base64');
  return {
    USER_DATABASE_URL: databases.user,
    AUTH_DATABASE_URL: databases.auth,
    USER_SECRET_KEY: key(),
    AUTH_SECRET_KEY: key(),
    ...targets,
    // everybody comes from one address here
    RATE_LIMIT_ENABLED: 'false',
  };
}
