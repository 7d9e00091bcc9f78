import { connect, isIP, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import type { ClientBase } from 'pg';

// What a client keeps of its server process, absent in pg's types.
interface Backend {
  readonly host: string;
  readonly port: number;
  readonly processID: number;
  readonly secretKey: number;
  readonly ssl: boolean | ConnectionOptions;
}
const cancelRequestCode = 80877102;
const sslRequestCode = 80877103;

/**
 * Asks the server to cancel what a connection runs, by a CancelRequest on a connection of its own (PostgreSQL, 54.2.8), so
 * that no place in the pool is needed. It goes over TLS where that connection does: the key in it is a secret. There is no answer; the cancelled statement fails with 57014.
 */
export function requestCancel(client: ClientBase): void {
  const { host, port, processID, secretKey, ssl } = client as unknown as Backend;
  const message = Buffer.alloc(16);
  [message.length, cancelRequestCode, processID, secretKey].forEach((value, index) => message.writeInt32BE(value, index * 4));
  const socket = host.startsWith('/') ? connect(`${host}/.s.PGSQL.${port}`) : connect(port, host);
  // A server that cannot be reached runs into its own timeout; the connection is given up in any case.
  socket.once('error', () => socket.destroy());
  socket.setTimeout(2_000, () => socket.destroy());
  // The other side closes: a pooler that sees ours closed before it has passed the request on forgets it.
  const send = (connection: Socket) => void connection.resume().write(message);
  if (!ssl) return send(socket);
  const request = Buffer.alloc(8);
  [request.length, sslRequestCode].forEach((value, index) => request.writeInt32BE(value, index * 4));
  socket.write(request);
  socket.once('data', ([answer]) => {
    if (answer === 'S'.charCodeAt(0)) send(secure(socket, host, ssl));
    else socket.destroy();
  });
}

function secure(socket: Socket, host: string, ssl: true | ConnectionOptions): Socket {
  const options = { ...(ssl === true ? {} : { ...ssl, key: ssl.key }), socket, host, ...(isIP(host) ? {} : { servername: host }) };
  const encrypted = connectTls(options);
  return encrypted.once('error', () => encrypted.destroy());
}
