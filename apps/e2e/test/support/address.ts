import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A TCP address before processes that come and go, as a Service of Kubernetes is. */
export interface Address {
  readonly port: number;
  /** From now on new connections go to that port; those that are there stay. */
  route(port: number): void;
  close(): Promise<void>;
}

/** Opens an address on 127.0.0.1 that leads nowhere yet. */
export async function openAddress(): Promise<Address> {
  let target = 0;
  const sockets = new Set<Socket>();
  const join = (one: Socket, other: Socket) => {
    sockets.add(one);
    one.pipe(other);
    one.on('error', () => other.destroy());
    one.on('close', () => {
      sockets.delete(one);
      other.destroy();
    });
  };
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (from) => {
    const to = connect({ port: target, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
    join(from, to);
    join(to, from);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    route: (port) => (target = port),
    close() {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
