import { ConfigError } from '@gatehouse/lifecycle';
import { readFileSync } from 'node:fs';
import { createTransport } from 'nodemailer';
import { isAddress, toSender } from './addresses';
import { badAddress } from './send-failure';
import type { MailSettings } from './settings';
import type { WrittenMail } from './write-mail';

/** A mail on its way out. */
export interface OutgoingMail extends WrittenMail {
  /** Stays the same each time that it is sent, so that who gets it twice can tell. */
  readonly id: string;
  readonly to: string;
  readonly date: Date;
}

export interface MailTransport {
  /** Resolves when the server has taken the mail. @throws whatever nodemailer does, and `badAddress` */
  send(mail: OutgoingMail, signal: AbortSignal): Promise<void>;
  /** Ends the connections. */
  close(): void;
}

type SmtpSettings = Pick<
  MailSettings,
  'AUTH_SMTP_URL' | 'AUTH_SMTP_TLS' | 'AUTH_SMTP_CA_FILE' | 'AUTH_SMTP_TIMEOUT_SECONDS' | 'AUTH_MAIL_CONCURRENCY' | 'AUTH_MAIL_FROM'
>;

// below what servers wait for the next mail (RFC 5321 §4.5.3.2.7 has five minutes; many have less)
const idleMs = 30_000;

/** What talks to the mail server, over connections that are kept for the next mail; undefined where no server is set. @throws ConfigError for the file of CAs */
export function createSmtpTransport(settings: SmtpSettings): MailTransport | undefined {
  const { AUTH_SMTP_URL: text, AUTH_SMTP_TLS: tls, AUTH_MAIL_FROM: from } = settings;
  if (text === undefined || from === undefined) return undefined;
  const { protocol, hostname, port, username, password } = new URL(text);
  const isSecure = protocol === 'smtps:';
  const timeoutMs = settings.AUTH_SMTP_TIMEOUT_SECONDS * 1_000;
  const transport = createTransport({
    pool: true,
    maxConnections: settings.AUTH_MAIL_CONCURRENCY,
    // once, for a connection that the server has closed meanwhile; what else fails has its delay in the queue
    maxRequeues: 1,
    idleTimeout: idleMs,
    host: hostname.replace(/^\[|\]$/g, ''),
    port: port === '' ? (isSecure ? 465 : 587) : Number(port),
    secure: isSecure,
    requireTLS: tls === 'required',
    ignoreTLS: tls === 'off',
    tls: { minVersion: 'TLSv1.2', ca: readSmtpCa(settings) },
    ...(username ? { auth: { user: decodeURIComponent(username), pass: decodeURIComponent(password) } } : {}),
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    dnsTimeout: timeoutMs,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  // what fails is told to who sends; what fails besides is of no mail
  transport.on('error', () => {});
  const sender = toSender(from);
  const [, domain] = sender.address.split('@');
  return {
    async send({ id, to, date, subject, text, html }, signal) {
      if (!isAddress(to)) throw badAddress();
      await transport.sendMail({
        from: sender,
        to: { name: '', address: to },
        envelope: { from: sender.address, to: [to] },
        subject,
        text,
        html,
        date,
        messageId: `<${id}@${domain}>`,
        // nobody is away to a program (RFC 3834 §5)
        headers: { 'Auto-Submitted': 'auto-generated', 'X-Auto-Response-Suppress': 'All' },
        signal,
      });
    },
    close: () => transport.close({ force: true }),
  };
}

/** The CAs that the mail server is believed by; undefined where they are Node's own. @throws ConfigError when there is no such file */
export function readSmtpCa({ AUTH_SMTP_CA_FILE: path }: Pick<MailSettings, 'AUTH_SMTP_CA_FILE'>): string | undefined {
  if (path === undefined) return undefined;
  let pem: string;
  try {
    pem = readFileSync(path, 'utf8');
  } catch (error) {
    throw new ConfigError([`AUTH_SMTP_CA_FILE: ${path} cannot be read (${(error as NodeJS.ErrnoException).code})`], error);
  }
  if (!pem.includes('-----BEGIN CERTIFICATE-----')) throw new ConfigError([`AUTH_SMTP_CA_FILE: ${path} holds no certificate in PEM`]);
  return pem;
}
