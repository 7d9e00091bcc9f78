import { connect } from 'node:net';
import type { Answer } from './http';

/** Sends text on a connection of its own and reads the answer until the other side ends it. */
export const exchange = (port: number, text: string): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const socket = connect(port, '127.0.0.1', () => socket.write(text));
    socket
      .on('data', (chunk) => chunks.push(chunk))
      .on('end', () => resolve(toAnswer(Buffer.concat(chunks).toString())))
      .on('error', reject);
  });

function toAnswer(text: string): Answer {
  const end = text.indexOf('\r\n\r\n');
  const [line = '', ...fields] = text.slice(0, end).split('\r\n');
  const headers = new Headers(fields.map((field) => [field.slice(0, field.indexOf(':')), field.slice(field.indexOf(':') + 1).trim()]));
  const body = text.slice(end + 4);
  return { status: Number(line.split(' ')[1]), type: headers.get('content-type'), headers, body: body ? JSON.parse(body) : undefined };
}
