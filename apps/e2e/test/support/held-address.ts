import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A TCP address before a process, through which nothing passes for a while: no connection breaks, and nobody is told. */
export interface HeldAddress {
  readonly port: number;
  hold(): void;
  /** What was held passes. */
  release(): void;
  close(): Promise<void>;
}

/** Opens an address on 127.0.0.1 that leads to a port there. */
export async function openHeldAddress(target: number): Promise<HeldAddress> {
  const sockets = new Set<Socket>();
  let isHeld = false;
  const join = (one: Socket, other: Socket) => {
    sockets.add(one);
    one.on('data', (chunk) => other.write(chunk) || one.pause());
    other.on('drain', () => !isHeld && one.resume());
    one.on('error', () => other.destroy());
    one.on('end', () => other.end());
    one.on('close', () => {
      sockets.delete(one);
      other.destroy();
    });
    if (isHeld) one.pause();
  };
  const server = createServer((from) => {
    const to = connect(target, '127.0.0.1');
    join(from, to);
    join(to, from);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    hold() {
      isHeld = true;
      for (const socket of sockets) socket.pause();
    },
    release() {
      isHeld = false;
      for (const socket of sockets) socket.resume();
    },
    close() {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
