import { Agent, type IncomingHttpHeaders, type OutgoingHttpHeaders, request as open } from 'node:http';
import { text as readText } from 'node:stream/consumers';

export interface SentRequest {
  readonly method: string;
  /** As it stands in the request line. */
  readonly path: string;
  readonly headers: OutgoingHttpHeaders;
  readonly body?: Buffer;
}

export interface SentAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

const agent = new Agent({ keepAlive: true, maxSockets: 32 });

/** Sends a request as it is: no method is refused, no path put in order. @throws where there is no answer */
export const sendRaw = (url: string, { method, path, headers, body }: SentRequest): Promise<SentAnswer> =>
  new Promise((resolve, reject) => {
    const sent = open(url, { agent, method, path, headers: { ...headers, ...(body ? { 'content-length': body.length } : {}) } }, (answer) => {
      readText(answer).then((text) => resolve({ status: answer.statusCode!, headers: answer.headers, text }), reject);
    });
    sent.on('error', reject).end(body);
  });
