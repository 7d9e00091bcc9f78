import { randomUUID } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import PostalMime from 'postal-mime';
import { SMTPServer } from 'smtp-server';
import type { MailDetail, MailSummary } from './answers';

/** A mail server that delivers to nobody: what is sent to it is looked at here. */
export interface Mailbox {
  /** Listens on loopback, on a free port; gives the URL to send to. */
  listen(): Promise<string>;
  /** Latest first. */
  list(): readonly MailSummary[];
  find(id: string): MailDetail | undefined;
  close(): Promise<void>;
}

const maxMailBytes = 1 << 20;
const loopback = '127.0.0.1';

/** Makes a mailbox that holds the last mails, in memory alone. */
export function createMailbox({ maxMails }: { maxMails: number }): Mailbox {
  const mails: MailDetail[] = [];
  const take = async (raw: Buffer, to: readonly string[]) => {
    const { subject = '', from, text = '', html = '' } = await PostalMime.parse(raw);
    mails.unshift({ id: randomUUID(), time: Date.now(), from: from?.address ?? '', to: to.join(', '), subject, text, html });
    mails.splice(maxMails);
  };
  const server = new SMTPServer({
    logger: false,
    disableReverseLookup: true,
    // for this machine alone: there is nothing to hide from anybody
    disabledCommands: ['AUTH', 'STARTTLS'],
    size: maxMailBytes,
    rejectOversized: true,
    closeTimeout: 100,
    onData(stream, { envelope }, done) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => void (stream.sizeExceeded || chunks.push(chunk)));
      stream.on('end', () => {
        const taken = stream.sizeExceeded
          ? Promise.resolve()
          : take(
              Buffer.concat(chunks),
              envelope.rcptTo.map(({ address }) => address),
            );
        taken.then(() => done(), done);
      });
    },
  });
  return {
    listen: () =>
      new Promise((resolve, reject) => {
        server.once('error', reject);
        server.listen(0, loopback, () => {
          // clients that hang up are their own affair
          server.off('error', reject).on('error', () => {});
          resolve(`smtp://${loopback}:${(server.server.address() as AddressInfo).port}`);
        });
      }),
    list: () => mails.map(({ text: _text, html: _html, ...summary }) => summary),
    find: (id) => mails.find((mail) => mail.id === id),
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
