import http from 'node:http';
import https from 'node:https';
import { WebSocket } from 'ws';
import { toConnectionError } from '../api/request.mts';
import { ConnectionLost, type Problem, ServerError, toServerError } from '../api/server-error.mts';
import type { ImportUsersResponse } from './messages.mts';

/** One call of ImportUsers or ImportAccounts: a WebSocket, a message of JSON a frame. */
export interface Conversation {
  send(message: object | string): void;
  /** Says that no more requests follow. */
  finish(): void;
  /** Settles when the other side ends it well. @throws ServerError, ConnectionLost */
  readonly ended: Promise<void>;
  /** Breaks it off. */
  destroy(): void;
}

/** The frame was larger than the gateway takes. */
export class FrameTooLarge extends Error {
  override readonly name = 'FrameTooLarge';
}

// the server pings twice in it, and tells its progress each second. Milliseconds.
const silentAfterMs = 75_000;
const handshakeMs = 15_000;
const tooLargeCode = 1009;
const maxPayload = 16 * 1_048_576;

/**
 * Opens a call of a method that imports.
 * @param url of the method
 * @param onResponse told of each response; what it throws ends the call
 */
export function converse(url: string, token: string, signal: AbortSignal, onResponse: (response: ImportUsersResponse) => void): Conversation {
  const socket = new WebSocket(url.replace(/^http/, 'ws'), ['json'], {
    headers: { authorization: `Bearer ${token}` },
    // asked for here: those of a proxy take the place of the first
    agent: (url.startsWith('https:') ? https : http).globalAgent,
    handshakeTimeout: handshakeMs,
    perMessageDeflate: false,
    maxPayload,
  });
  const { promise: ended, resolve, reject } = Promise.withResolvers<void>();
  ended.catch(() => {});
  const fail = (error: unknown) => {
    reject(error);
    socket.terminate();
  };
  const onAbort = () => fail(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  let timer: NodeJS.Timeout | undefined;
  const listen = () => {
    clearTimeout(timer);
    timer = setTimeout(() => fail(new ConnectionLost(`nothing was heard for ${silentAfterMs / 1_000} s`)), silentAfterMs);
  };

  socket.on('unexpected-response', (_request, response) => {
    const chunks: Buffer[] = [];
    response.on('data', (chunk: Buffer) => chunks.push(chunk));
    response.once('close', () => fail(toServerError(response.statusCode ?? 0, Buffer.concat(chunks).toString(), response.headers['retry-after'])));
  });
  socket.on('error', (error) => fail(toConnectionError(error, new URL(url).origin)));
  socket.on('open', listen);
  socket.on('ping', listen);
  socket.on('message', (data) => {
    listen();
    try {
      const frame = JSON.parse(String(data)) as { result?: ImportUsersResponse; error?: Problem };
      if (frame.error) fail(new ServerError(frame.error));
      else if (frame.result) onResponse(frame.result);
    } catch (error) {
      fail(error instanceof SyntaxError ? new ConnectionLost('the server sent what is no JSON') : error);
    }
  });
  socket.on('close', (code) => {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
    if (code === 1000) resolve();
    else reject(code === tooLargeCode ? new FrameTooLarge() : new ConnectionLost(`the connection was cut (${code})`));
  });
  if (signal.aborted) onAbort();

  const write = (text: string) => {
    if (socket.readyState === WebSocket.OPEN) socket.send(text);
    else if (socket.readyState === WebSocket.CONNECTING) socket.once('open', () => socket.send(text));
  };
  return {
    send: (message) => write(typeof message === 'string' ? message : JSON.stringify(message)),
    finish: () => write(''),
    ended,
    destroy: () => fail(new ConnectionLost('it was broken off')),
  };
}
