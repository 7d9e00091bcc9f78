import { connect, type Socket } from 'node:net';
import { type GatewayUnderTest, pause, startGateway } from './gateway-under-test';

const ask = 'GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n';
// how long the gateway waits, at the end, for one more request of a client that keeps a connection. Milliseconds.
const quietMs = 1_500;

/** A connection on which a request was answered, and on which more can be asked. */
async function keepConnection(gateway: GatewayUnderTest) {
  const socket: Socket = connect(gateway.app.httpPort, '127.0.0.1');
  const answer = () => new Promise<string>((resolve, reject) => socket.once('data', (chunk) => resolve(String(chunk))).once('error', reject));
  const first = answer();
  socket.write(ask);
  expect(await first).toMatch(/^connection: keep-alive$/im);
  return { socket, answer };
}

it('the end waits for a kept connection as long as others are asked on, and says with its answer that it was the last', async () => {
  const gateway = await startGateway();
  const kept = await Promise.all(Array.from({ length: 12 }, () => keepConnection(gateway)));
  const closed = gateway.close();
  for (const { socket, answer } of kept) {
    // together longer than it waits for one of them
    await pause(quietMs / 8);
    expect(socket.closed).toBe(false);
    const last = answer();
    socket.write(ask);
    expect(await last).toMatch(/^connection: close$/im);
  }
  await closed;
});
