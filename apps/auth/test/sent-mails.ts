import { type AuthWithMails, startAuthWithMails } from './mails-under-test';
import { type StartOptions, until } from './auth-under-test';
import { startMailServer } from './mail-server';

/** A mail as its reader sees it. */
export interface SentMail {
  readonly subject: string;
  readonly text: string;
}

export interface AuthWithMailServer extends AuthWithMails {
  /** What a mail server was given for an address since it was asked last, once nothing waits any more. */
  sentTo(address: string): Promise<readonly SentMail[]>;
}

/** The service, which verifies no emails unless it is said, and a mail server that takes what it sends. */
export async function startAuthWithMailServer({ settings, ...options }: StartOptions = {}): Promise<AuthWithMailServer> {
  const server = await startMailServer();
  const under = await startAuthWithMails({ settings: { AUTH_SIGNUP_VERIFICATION: 'off', ...server.settings, ...settings }, ...options });
  under.alsoClose.push(() => server.close());
  const countQueued = async () => {
    const [row] = await under.database.query<{ count: number }>({
      name: 'count-queued-mails',
      text: `select count(*)::int as count from mails where state = 'queued'`,
    });
    return row!.count;
  };
  return {
    ...under,
    async sentTo(address) {
      while (await under.app.codeMailer.mailSome());
      await until(async () => (await countQueued()) === 0);
      const sent = server.received.filter(({ to }) => to.includes(address));
      for (const each of sent) server.received.splice(server.received.indexOf(each), 1);
      return sent.map(({ mail }) => ({ subject: mail.subject!, text: mail.text! }));
    },
  };
}
