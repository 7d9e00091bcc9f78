import type { Server, ServerCredentials } from '@grpc/grpc-js';

/** A server's address as gRPC writes it: `127.0.0.1:50051`, `[::1]:50051`. */
export const toAddress = (host: string, port: number): string => `${host.includes(':') ? `[${host}]` : host}:${port}`;

/**
 * Lets a server listen, on a free port if it is 0, and gives the port.
 * @throws an error with the system's `code` and the `port`.
 */
export async function bindServer(server: Server, host: string, port: number, credentials: ServerCredentials): Promise<number> {
  const address = toAddress(host, port);
  return new Promise((resolve, reject) => {
    server.bindAsync(address, credentials, (error, bound) => {
      if (!error) return resolve(bound);
      // grpc-js gives the system's error as text alone
      const code = /\bE[A-Z]{3,}\b/.exec(error.message)?.[0] ?? 'EADDRNOTAVAIL';
      const message = code === 'EADDRINUSE' ? `port ${port} on ${host} is taken` : `cannot listen on ${address}: ${code}`;
      reject(Object.assign(new Error(message, { cause: error }), { code, port }));
    });
  });
}
