import type { AddressInfo } from 'node:net';
import PostalMime from 'postal-mime';
import { SMTPServer } from 'smtp-server';
import { until } from './service-process';

/** A mail server that keeps what is sent to it. */
export interface Mailbox {
  /** What `auth` is started with to send there. */
  readonly settings: Record<string, string>;
  /** The token of the last link to a page that was mailed to an address, as soon as there is one. */
  tokenTo(address: string, page: string): Promise<string>;
  close(): Promise<void>;
}

export async function startMailbox(): Promise<Mailbox> {
  const mails: { to: string; text: string }[] = [];
  const server = new SMTPServer({
    disabledCommands: ['AUTH', 'STARTTLS'],
    disableReverseLookup: true,
    closeTimeout: 100,
    onData(stream, { envelope }, done) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => void chunks.push(chunk));
      stream.on('end', () => {
        const kept = PostalMime.parse(Buffer.concat(chunks)).then(({ text = '' }) => mails.push({ to: envelope.rcptTo[0]!.address, text }));
        kept.then(() => done(), done);
      });
    },
  });
  // a service that ends leaves its connections as they are
  server.on('error', () => {});
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.server.address() as AddressInfo;
  return {
    settings: { AUTH_SMTP_URL: `smtp://127.0.0.1:${port}`, AUTH_SMTP_TLS: 'off', AUTH_MAIL_FROM: 'no-reply@gatehouse.test' },
    async tokenTo(address, page) {
      const find = () => mails.findLast(({ to, text }) => to === address && text.includes(`/${page}#token=`));
      await until(`${address} is mailed a link to ${page}`, async () => find() !== undefined);
      return new RegExp(`/${page}#token=(\\S+)`).exec(find()!.text)![1]!;
    },
    close: () => new Promise((closed) => server.close(() => closed())),
  };
}
