import { EmailServiceDefinition, InvitationServiceDefinition, RecoveryServiceDefinition, type VerifyEmailResponse } from '@gatehouse/contracts/auth';
import { descriptorSet } from '@gatehouse/contracts/auth';
import { createChannel, createClient, type RpcClient } from '@gatehouse/rpc';
import type { Mail } from '../src/mail/mail';
import { createMailQueue } from '../src/mail/mail-queue';
import { type AuthUnderTest, startAuth, type StartOptions, until } from './auth-under-test';

/** A mail that waits to be sent, and what its link proves. */
export type QueuedMail = Mail & { readonly token: string; readonly code: string };

export interface AuthWithMails extends AuthUnderTest {
  readonly email: RpcClient<EmailServiceDefinition>;
  readonly recovery: RpcClient<RecoveryServiceDefinition>;
  readonly invitations: RpcClient<InvitationServiceDefinition>;
  /** The clients of somebody with this token. */
  asPerson(token: string): { readonly email: RpcClient<EmailServiceDefinition>; readonly invitations: RpcClient<InvitationServiceDefinition> };
  /** Has everything mailed that was asked for, and gives the mails to an address that were not given before, the oldest first. */
  mailsTo(address: string): Promise<readonly QueuedMail[]>;
  /** Somebody who has signed up by a mail, and their session. */
  join(address: string, password: string): Promise<VerifyEmailResponse>;
  /** The one mail to an address that was not given before. */
  mailTo(address: string): Promise<QueuedMail>;
}

// nobody listens there: mails wait
const unreachable = { AUTH_SMTP_URL: 'smtp://127.0.0.1:1', AUTH_MAIL_FROM: 'no-reply@gatehouse.test' };

/** The service, with a mail server that cannot be reached, so that what it would send can be read. */
export async function startAuthWithMails({ settings, ...options }: StartOptions = {}): Promise<AuthWithMails> {
  const under = await startAuth({
    settings: { ...unreachable, AUTH_SIGNUP_VERIFICATION: 'required', AUTH_LINK_BASE_URL: 'https://app.test/id/', ...settings },
    ...options,
  });
  const channel = createChannel({ target: `127.0.0.1:${under.app.grpcPort}`, descriptorSets: [descriptorSet], defaultDeadlineMs: 20_000 });
  under.alsoClose.push(() => channel.close());
  const { open } = createMailQueue([under.config.AUTH_SECRET_KEY, ...under.config.AUTH_PREVIOUS_SECRET_KEYS]);
  const given = new Set<string>();
  const mailsTo = async (address: string) => {
    while (await under.app.codeMailer.mailSome());
    const rows = await under.database.query<{ id: string; sealed: Buffer }>({
      name: 'list-queued-mails',
      text: `select id, sealed from mails where state = 'queued' order by id`,
    });
    return rows
      .filter(({ id }) => !given.has(id))
      .map((row) => ({ id: row.id, mail: open(row) }))
      .filter(({ mail }) => mail.to.toLowerCase() === address.toLowerCase())
      .map(({ id, mail }) => {
        given.add(id);
        const { link = '', code = '' } = mail.data as { link?: string; code?: string };
        return { ...mail, token: link.split('#token=')[1] ?? '', code };
      });
  };
  const clientsOf = (token?: string) => {
    const options = token ? { credentials: async () => token } : {};
    return {
      email: createClient(EmailServiceDefinition, channel, options),
      recovery: createClient(RecoveryServiceDefinition, channel, options),
      invitations: createClient(InvitationServiceDefinition, channel, options),
    };
  };
  const mailTo = async (address: string) => {
    let mails = await mailsTo(address);
    // another process may be about to
    if (!mails.length) await until(async () => (mails = await mailsTo(address)).length > 0, 3_000).catch(() => {});
    if (mails.length !== 1) throw new Error(`${address} was mailed ${mails.map(({ kind }) => kind).join(', ') || 'nothing'}`);
    return mails[0]!;
  };
  const clients = clientsOf();
  return {
    ...under,
    ...clients,
    asPerson: clientsOf,
    mailsTo,
    mailTo,
    async join(address, password) {
      const { verificationId = '' } = await under.auth.signUp({ email: address, password });
      return clients.email.verifyEmail({ verificationId, code: (await mailTo(address)).code });
    },
  };
}
