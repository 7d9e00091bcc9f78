import type { EventEmitter } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';

// HTTP/1.1 lets a client send on before it is answered; nobody needs this much of it
const maxPipelined = 64;

/**
 * Bounds the requests that are not answered yet: on each connection of HTTP/1.1, where Node reads all that a client sends
 * ahead, and in all.
 */
export function createInFlight(max: number) {
  const ofSocket = new WeakMap<Socket, Set<() => void>>();
  let all = 0;
  return {
    /**
     * Counts a request in until `ended` closes, or its connection is gone, which then is told. The verdict is `overflow` where
     * there are too many in all, `flood` where its connection should be ended.
     */
    enter(request: IncomingMessage, ended: EventEmitter, onEnd: () => void = () => {}): 'ok' | 'overflow' | 'flood' {
      const leave = () => {
        if (!here.delete(leave)) return;
        all--;
        onEnd();
      };
      const isHttp1 = request.httpVersionMajor === 1;
      const here = (isHttp1 && ofSocket.get(request.socket)) || new Set<() => void>();
      if (isHttp1 && !ofSocket.has(request.socket)) {
        ofSocket.set(request.socket, here);
        // a response that waits for its turn does not hear of it
        request.socket.once('close', () => [...here].forEach((end) => end()));
      }
      here.add(leave);
      all++;
      ended.once('close', leave);
      if (here.size > maxPipelined) return 'flood';
      return all > max ? 'overflow' : 'ok';
    },
  };
}
