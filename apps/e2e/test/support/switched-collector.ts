import { createTestCollector } from '@gatehouse/observability/testing';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

export type CollectorState = 'well' | 'hangs' | 'refuses' | 'dies';

/** A collector that a test breaks and heals. */
export interface SwitchedCollector {
  /** Base URL, for OTEL_EXPORTER_OTLP_ENDPOINT. */
  readonly url: string;
  /** `hangs`: connections are taken, and nothing is answered. `refuses`: nobody listens. `dies`: a connection breaks at its first byte. */
  turn(state: CollectorState): Promise<void>;
  close(): Promise<void>;
}

/** A proxy before a test collector. */
export async function createSwitchedCollector(): Promise<SwitchedCollector> {
  const collector = await createTestCollector();
  const target = Number(new URL(collector.url).port);
  const sockets = new Set<Socket>();
  let state: CollectorState = 'well';
  const keep = (socket: Socket) => sockets.add(socket.on('error', () => socket.destroy()).on('close', () => sockets.delete(socket)));
  const onConnection = (socket: Socket) => {
    keep(socket);
    if (state === 'hangs') return void socket.resume();
    if (state === 'dies') return void socket.once('data', () => socket.resetAndDestroy());
    const onward = connect(target, '127.0.0.1');
    keep(onward);
    socket.pipe(onward).pipe(socket);
  };
  const listen = async (port: number): Promise<Server> => {
    const server = createServer(onConnection).listen(port, '127.0.0.1');
    await once(server, 'listening');
    return server;
  };
  let server: Server | undefined = await listen(0);
  const { port } = server.address() as AddressInfo;
  const stop = async () => {
    const closed = server && once(server, 'close');
    server?.close();
    server = undefined;
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  return {
    url: `http://127.0.0.1:${port}`,
    async turn(to) {
      await stop();
      state = to;
      if (to !== 'refuses') server = await listen(port);
    },
    async close() {
      await stop();
      await collector.close();
    },
  };
}
