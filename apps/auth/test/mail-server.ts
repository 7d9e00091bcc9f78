import { createTestAuthority } from '@gatehouse/rpc/testing';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import PostalMime, { type Email } from 'postal-mime';
import { SMTPServer, type SMTPServerOptions, type SMTPServerSession } from 'smtp-server';

/** A mail that the server has taken. */
export interface ReceivedMail {
  readonly from: string;
  readonly to: readonly string[];
  readonly isSecure: boolean;
  readonly user: unknown;
  readonly mail: Email;
  readonly raw: string;
}

type Hook = (session: SMTPServerSession) => void | Promise<void>;

/** What the server does at each step before it goes on; what a hook throws is its answer, and one that never resolves hangs. */
export interface Behaviour {
  onConnect?: Hook;
  onMailFrom?: Hook;
  onRecipient?: (address: string, session: SMTPServerSession) => void | Promise<void>;
  /** Once the mail is there, before it is taken. */
  onMail?: Hook;
}

export interface MailServer {
  readonly port: number;
  /** Settings with which `auth` sends to it, with TLS and a password. */
  readonly settings: Record<string, string>;
  /** What it took: it said so. */
  readonly received: ReceivedMail[];
  behaviour: Behaviour;
  close(): Promise<void>;
}

const user = 'gatehouse';
// with what has to be percent-encoded
const password = 'p@ss:w/rd%';

/** An answer of the server that is no yes. */
export const answer = (responseCode: number, text = 'no'): Error => Object.assign(new Error(text), { responseCode });

/** A real mail server, on a free port or a given one, that takes mails over TLS from who has the password. */
export async function startMailServer(options: SMTPServerOptions = {}, port = 0): Promise<MailServer> {
  const authority = await createTestAuthority();
  const { cert, key } = await authority.issue(['localhost']);
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-mail-'));
  writeFileSync(join(folder, 'ca.pem'), authority.cert);
  const received: ReceivedMail[] = [];
  let behaviour: Behaviour = {};
  const after = (work: void | Promise<void> | undefined | (() => void | Promise<void>), done: (error?: Error | null) => void) =>
    Promise.resolve()
      .then(typeof work === 'function' ? work : () => work)
      .then(
        () => done(),
        (error: Error) => done(error),
      );
  const server = new SMTPServer({
    cert,
    key,
    closeTimeout: 100,
    logger: false,
    disableReverseLookup: true,
    onAuth: ({ username, password: given }, _session, done) =>
      username === user && given === password ? done(null, { user: username }) : done(answer(535, 'authentication failed')),
    onConnect: (session, done) => void after(() => behaviour.onConnect?.(session), done),
    onMailFrom: (_address, session, done) => void after(() => behaviour.onMailFrom?.(session), done),
    onRcptTo: ({ address }, session, done) => void after(() => behaviour.onRecipient?.(address, session), done),
    onData(stream, session, done) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        void after(async () => {
          const raw = Buffer.concat(chunks);
          await behaviour.onMail?.(session);
          const { mailFrom, rcptTo } = session.envelope;
          received.push({
            from: mailFrom ? mailFrom.address : '',
            to: rcptTo.map(({ address }) => address),
            isSecure: session.secure,
            user: session.user,
            mail: await PostalMime.parse(raw),
            raw: raw.toString('latin1'),
          });
        }, done);
      });
    },
    ...options,
  });
  // clients that end in the middle are part of the game
  server.on('error', () => {});
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const taken = (server.server.address() as AddressInfo).port;
  return {
    port: taken,
    settings: {
      AUTH_SMTP_URL: `smtp://${user}:${encodeURIComponent(password)}@localhost:${taken}`,
      AUTH_SMTP_CA_FILE: join(folder, 'ca.pem'),
      AUTH_MAIL_FROM: 'Example Shop <no-reply@shop.example>',
    },
    received,
    get behaviour() {
      return behaviour;
    },
    set behaviour(next) {
      behaviour = next;
    },
    close: () =>
      new Promise((resolve) =>
        server.close(() => {
          rmSync(folder, { recursive: true, force: true });
          resolve();
        }),
      ),
  };
}
