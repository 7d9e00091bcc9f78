import { connect } from 'node:net';

/**
 * Sends so many HTTP/1.1 requests over raw sockets, some on a connection at a time; each begins with what `toLine` gives, its
 * request line and any headers. `onStatus` is told of each answer.
 * @throws when a connection ends before all of its requests are answered
 */
export async function pipeline(port: number, count: number, batch: number, toLine: () => string, onStatus: (status: number) => void): Promise<void> {
  for (let done = 0; done < count; done += batch) {
    const size = Math.min(batch, count - done);
    const requests = Array.from({ length: size }, (_, index) => `${toLine()}\r\nhost: gatehouse\r\n${index + 1 === size ? 'connection: close\r\n' : ''}\r\n`);
    const statuses = [...(await exchange(port, requests.join(''))).matchAll(/(?:^|\r\n|\}|\])HTTP\/1\.1 (\d{3}) /g)];
    if (statuses.length !== size) throw new Error(`${statuses.length} of ${size} requests were answered`);
    for (const [, status] of statuses) onStatus(Number(status));
  }
}

/** All that comes back for a text until the other side ends the connection. */
const exchange = (port: number, text: string): Promise<string> =>
  new Promise((done, fail) => {
    let answer = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(text));
    socket
      .on('data', (chunk) => (answer += chunk.toString('latin1')))
      .once('error', fail)
      .once('close', () => done(answer));
  });
