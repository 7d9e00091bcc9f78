import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { replaceListener } from './replace-listener';

// beyond the limit this many are told so, the rest are closed
const toldConnections = 256;

/**
 * Lets so many connections in at a time. On cleartext the next are given to `refuse`; over TLS, where nothing can be said
 * before a handshake, they are closed.
 */
export function limitConnections(server: Server, max: number, isTls: boolean, refuse: (socket: Socket) => void): void {
  server.maxConnections = isTls ? max : max + toldConnections;
  if (isTls) return;
  let open = 0;
  replaceListener(server, 'connection', (socket, serve) => {
    open += 1;
    socket.once('close', () => (open -= 1));
    if (open > max) refuse(socket);
    else serve(socket);
  });
}
