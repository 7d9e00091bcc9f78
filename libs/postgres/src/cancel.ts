import { connect } from 'node:net';
import type { ClientBase } from 'pg';

// What a client keeps of its server process, absent in pg's types.
interface Backend {
  readonly host: string;
  readonly port: number;
  readonly processID: number;
  readonly secretKey: number;
}
const cancelRequestCode = 80877102;

/**
 * Asks the server to cancel what a connection runs, by a CancelRequest on a connection of its own (PostgreSQL, 54.2.8), so
 * that no place in the pool is needed. There is no answer; the cancelled statement fails with 57014.
 */
export function requestCancel(client: ClientBase): void {
  const { host, port, processID, secretKey } = client as unknown as Backend;
  const message = Buffer.alloc(16);
  [message.length, cancelRequestCode, processID, secretKey].forEach((value, index) => message.writeInt32BE(value, index * 4));
  const socket = host.startsWith('/') ? connect(`${host}/.s.PGSQL.${port}`) : connect(port, host);
  // A server that cannot be reached runs into its own timeout; the connection is given up in any case.
  socket.once('error', () => socket.destroy());
  socket.setTimeout(2_000, () => socket.destroy());
  // The other side closes: a pooler that sees ours closed before it has passed the request on forgets it.
  socket.write(message);
  socket.resume();
}
