import { type Command, InvalidArgumentError } from 'commander';
import { createSession, type Session } from './api/session.mts';
import { followProxies, readCredentials } from './config.mts';

/** What every command takes that speaks to a server. */
export interface ConnectionOptions {
  readonly url: string;
  readonly giveUpAfter: number;
}

const credentialsHelp = `
Credentials come from the environment, never from the command line: GATEHOUSE_EMAIL and GATEHOUSE_PASSWORD, or GATEHOUSE_TOKEN, an access
token. GATEHOUSE_CODE is for who has a second factor: six digits of the app, or a recovery code, for one login. What is missing is asked for on
a terminal. HTTPS_PROXY, HTTP_PROXY and NO_PROXY are followed.`;

/** Adds those options to a command. */
export const withConnection = (command: Command): Command =>
  command
    .option('--url <url>', 'of the gateway', toUrl, 'http://localhost:8080')
    .option('--give-up-after <seconds>', 'without getting any further, because the server is away or cuts us off', toWhole, 120)
    .addHelpText('after', credentialsHelp);

/** Opens a session for the work, and ends it. @throws CommandError where there are no credentials, and what the work throws */
export async function withSession(url: string, work: (session: Session) => Promise<void>): Promise<void> {
  followProxies();
  const session = createSession(url, await readCredentials());
  try {
    await work(session);
  } finally {
    await session.close();
  }
}

function toUrl(text: string): string {
  const url = URL.parse(text);
  if (!url || !/^https?:$/.test(url.protocol)) throw new InvalidArgumentError('It has to be a URL such as https://id.example.');
  if (url.username || url.password) throw new InvalidArgumentError('Credentials do not belong into it: see --help.');
  if (url.search || url.hash) throw new InvalidArgumentError('It has neither a query nor a fragment.');
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}`;
}

function toWhole(text: string): number {
  if (!/^[1-9]\d{0,5}$/.test(text)) throw new InvalidArgumentError('It has to be a whole number of seconds.');
  return Number(text);
}
