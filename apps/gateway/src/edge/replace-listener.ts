import type { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';

/** Puts `listen` before the one listener that a server has for its connections, which it may call or not. */
export function replaceListener(
  server: EventEmitter,
  event: 'connection' | 'secureConnection',
  listen: (socket: Socket, next: (socket: Socket) => void) => void,
): void {
  const [next, ...others] = server.listeners(event);
  if (!next || others.length) throw new Error(`the server has not one listener for ${event}`);
  server.removeAllListeners(event).on(event, (socket: Socket) => listen(socket, (taken) => void next.call(server, taken)));
}
