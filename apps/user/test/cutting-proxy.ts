import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

export interface CuttingProxy {
  /** `127.0.0.1:port`. */
  readonly target: string;
  /** How many connections it has cut. */
  readonly cuts: number;
  close(): Promise<void>;
}

/** Stands between a client and a server, and cuts a connection when one in `every` pieces of an answer has arrived, in place of handing it on. */
export async function startCuttingProxy(target: string, every: number): Promise<CuttingProxy> {
  const [host, port] = target.split(':') as [string, string];
  const sockets = new Set<Socket>();
  let cuts = 0;
  const server = createServer((client) => {
    const upstream = connect(Number(port), host);
    const cut = () => [client, upstream].forEach((socket) => socket.destroy());
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', cut).on('close', () => (sockets.delete(socket), cut()));
    }
    client.pipe(upstream);
    // the first piece is HTTP/2's greeting
    let isGreeted = false;
    upstream.on('data', (piece) => {
      if (isGreeted && Math.random() * every < 1) {
        cuts++;
        cut();
      } else client.write(piece);
      isGreeted = true;
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    target: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    get cuts() {
      return cuts;
    },
    async close() {
      sockets.forEach((socket) => socket.destroy());
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
