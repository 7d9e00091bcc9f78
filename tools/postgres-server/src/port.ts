import { createServer } from 'node:net';

/** A TCP port of 127.0.0.1 that nobody uses right now. */
export async function findFreePort(): Promise<number> {
  const port = await tryListen(0);
  if (port === undefined) throw new Error('there is no free TCP port on 127.0.0.1');
  return port;
}

/** Whether nobody listens on a TCP port of 127.0.0.1. */
export const isPortFree = async (port: number): Promise<boolean> => (await tryListen(port)) !== undefined;

function tryListen(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' ? address?.port : undefined));
    });
  });
}
