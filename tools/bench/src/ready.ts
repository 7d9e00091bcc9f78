import { createServer } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

// Milliseconds.
const patienceMs = 20_000;

/** Gives the process when its readiness says so, and stops it when that takes too long. */
export async function whenReady<Process extends { stop(): Promise<void> }>(process: Process, adminPort: number): Promise<Process> {
  const isReady = () =>
    fetch(`http://127.0.0.1:${adminPort}/readyz`).then(
      ({ ok }) => ok,
      () => false,
    );
  for (const end = Date.now() + patienceMs; !(await isReady()); await pause(25))
    if (Date.now() > end) {
      await process.stop();
      throw new Error(`a service is not ready within ${patienceMs} ms`);
    }
  return process;
}

/** A port that nobody listens on at this moment. */
export function findFreePort(): Promise<number> {
  return new Promise((found, fail) => {
    const server = createServer().once('error', fail);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => found(port));
    });
  });
}
