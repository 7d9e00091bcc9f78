// What the environment says: secrets are never on a command line, where every process of the machine reads them.
import { setGlobalProxyFromEnv } from 'node:http';
import { CommandError } from './command-error.mts';
import { askForSecret, askForWord, canAsk } from './terminal/ask-for-word.mts';

/** With what a session begins. */
export type Credentials = { readonly token: string } | Password;

export interface Password {
  readonly email: string;
  readonly password: string;
  /** Of a second factor, for one login. */
  readonly code: string | undefined;
}

/** Has all requests take the proxy that HTTPS_PROXY, HTTP_PROXY and NO_PROXY name, in either case. */
export const followProxies = (): void => void setGlobalProxyFromEnv(process.env);

/**
 * Takes credentials from the environment, and asks for what is missing where there is a terminal, without an echo.
 * @throws CommandError where there is none to ask
 */
export async function readCredentials(): Promise<Credentials> {
  const { GATEHOUSE_TOKEN: token, GATEHOUSE_EMAIL, GATEHOUSE_PASSWORD, GATEHOUSE_CODE: code } = process.env;
  if (token) return { token };
  if (!(GATEHOUSE_EMAIL && GATEHOUSE_PASSWORD) && !canAsk())
    throw new CommandError(
      'there are no credentials: set GATEHOUSE_EMAIL and GATEHOUSE_PASSWORD, or GATEHOUSE_TOKEN to an access token, or run it on a terminal to be asked',
    );
  const email = GATEHOUSE_EMAIL || (await askForWord('Email:'));
  const password = email && (GATEHOUSE_PASSWORD || (await askForSecret('Password:')));
  if (!email || !password) throw new CommandError('there are no credentials');
  return { email, password, code };
}
