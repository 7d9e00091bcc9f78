import type { RpcInterceptor } from './call';
import { bindService, type RpcService, type ServiceDefinition } from './definition';
import { createRpcServer, type RpcServer, type RpcServerOptions } from './server';

export { createTestAuthority, type Issuance, type Issued, type TestAuthority, type Validity, writeCertificates } from './testing/certificates';
export { decodeInto } from './decode';
export { createValidation } from './validate';

const admit: RpcInterceptor = (_call, next) => next();

/** Admits every caller. */
export const openAccess: RpcServerOptions['access'] = () => ({ authenticate: admit, authorize: admit });

export interface TestServer {
  readonly server: RpcServer;
  readonly port: number;
  /** `127.0.0.1:port`. */
  readonly target: string;
  close(): Promise<void>;
}

/** Serves one service on a free loopback port. */
export async function startTestServer<D extends ServiceDefinition>(
  definition: D,
  service: RpcService<D>,
  options: Pick<RpcServerOptions, 'descriptorSets'> & Partial<RpcServerOptions> & { port?: number; peers?: readonly string[] },
): Promise<TestServer> {
  const server = createRpcServer({ access: openAccess, ...options, services: [bindService(definition, service, options.peers)] });
  const port = await server.listen('127.0.0.1', options.port ?? 0);
  server.setServing(true);
  return { server, port, target: `127.0.0.1:${port}`, close: () => server.drain(2_000) };
}
