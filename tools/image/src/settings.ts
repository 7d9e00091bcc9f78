import { randomBytes } from 'node:crypto';
import type { Ports } from './containers';

/** The environment of all services of an installation on one host; a gateway's own ports come to it. */
export function toSettings({ userGrpc, authGrpc, userAdmin, authAdmin }: Ports, databases: { user: string; auth: string }): Record<string, string> {
  const user = `127.0.0.1:${userGrpc}`;
  const auth = `127.0.0.1:${authGrpc}`;
  const key = () => randomBytes(32).toString('base64');
  return {
    USER_GRPC_PORT: String(userGrpc),
    AUTH_GRPC_PORT: String(authGrpc),
    USER_ADMIN_PORT: String(userAdmin),
    AUTH_ADMIN_PORT: String(authAdmin),
    USER_DATABASE_URL: databases.user,
    AUTH_DATABASE_URL: databases.auth,
    USER_SECRET_KEY: key(),
    AUTH_SECRET_KEY: key(),
    USER_VERIFIER_TARGET: auth,
    AUTH_USER_TARGET: user,
    GATEWAY_UPSTREAMS: `gatehouse.user.v1=${user},gatehouse.auth.v1=${auth},gatehouse.verifier.v1=${auth}`,
    // the ports are those of the host alone
    ALLOW_PLAINTEXT_GRPC: 'true',
    GATEWAY_ALLOW_PLAINTEXT_HTTP: 'true',
    // everybody comes from one address here
    RATE_LIMIT_ENABLED: 'false',
    // what a load balancer takes to notice
    SHUTDOWN_GRACE_MS: '1000',
  };
}
