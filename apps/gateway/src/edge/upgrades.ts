import { type HttpObserver, readSocketAuthorization } from '@gatehouse/transcoding';
import type { AppError } from '@gatehouse/errors';
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { refuseConnection } from './raw-refusal';
import type { RateLimiter } from './rate-limits';
import { refuseLarge, type RequestLimits } from './request-limits';

export interface UpgradeGuard {
  limits: RequestLimits;
  count?: RateLimiter;
  observer?: HttpObserver;
}

/** Holds requests for a WebSocket, which pass by all hooks of Fastify, to the limits of all others. */
export function guardUpgrades(server: Server, { limits, count, observer }: UpgradeGuard): void {
  const listeners = server.listeners('upgrade');
  server.removeAllListeners('upgrade');
  if (!listeners.length) return;
  const admit = async (request: IncomingMessage) => {
    const url = request.url ?? '/';
    refuseLarge(request, url, limits);
    const authorization = readSocketAuthorization(request.headers);
    const verdict = await count?.({ headers: { ...request.headers, ...(authorization ? { authorization } : {}) }, socket: request.socket }, url);
    if (verdict?.error) throw verdict.error;
  };
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const broken = () => {};
    socket.on('error', broken);
    admit(request).then(
      () => {
        socket.off('error', broken);
        for (const listener of listeners) listener.call(server, request, socket, head);
      },
      (error: AppError) => refuseConnection(socket, error, { observer, request }),
    );
  });
}
