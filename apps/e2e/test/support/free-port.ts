import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

// below those that outgoing connections are given (Linux begins at 32768), of which one may be taken before a process has started
const firstPort = 10_000;
// each of up to eight workers of jest has its own
const portsOfWorker = 2_500;

const isFree = (port: number) =>
  new Promise<boolean>((resolve) => {
    const server = createServer().once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });

const given = new Set<number>();

/** A port that nobody listens on at this moment, and that nobody else in this file was given. */
export async function freePort(): Promise<number> {
  const worker = Number(process.env['JEST_WORKER_ID'] ?? 1) % 8;
  for (;;) {
    const port = firstPort + worker * portsOfWorker + randomInt(portsOfWorker);
    if (given.has(port)) continue;
    given.add(port);
    if (await isFree(port)) return port;
  }
}
