import { CommandError, exitCodes } from '../command-error.mts';
import type { Password } from '../config.mts';
import { askForWord, canAsk } from '../terminal/ask-for-word.mts';
import { isPassing, ServerError } from './server-error.mts';

export interface Tokens {
  readonly accessToken?: string;
  readonly refreshToken?: string;
  readonly expiresIn?: number;
}

interface LoginAnswer extends Tokens {
  readonly verificationRequired?: boolean;
  readonly factorRequired?: boolean;
  readonly loginToken?: string;
}

/** Calls a method of `/v1/auth`. */
export type Ask = <T>(path: string, body: object, signal: AbortSignal) => Promise<T>;

/** Logs in, each time that it is called: by the password, and by a code where the account has a second factor. @throws CommandError where it cannot */
export function createLogin({ email, password, code: given }: Password, ask: Ask): (signal: AbortSignal) => Promise<Tokens> {
  // good once: it is kept for as long as the server has not judged it
  let code = given;

  const complete = async (loginToken: string, signal: AbortSignal): Promise<LoginAnswer> => {
    for (;;) {
      code ||= await askForCode();
      try {
        const answer = await ask<LoginAnswer>('login:complete', { loginToken, ...toProof(code) }, signal);
        code = undefined;
        return answer;
      } catch (error) {
        if (isPassing(error)) throw error;
        code = undefined;
        const { reason, detail } = error instanceof ServerError ? error.problem : {};
        if (reason === 'LOGIN_TOKEN_INVALID')
          throw new CommandError('the code came too late, or was wrong too often: run it again', { exitCode: exitCodes.server, cause: error });
        if (reason !== 'FACTOR_CODE_INVALID') throw error;
        if (!canAsk()) throw new CommandError(`${detail}, as GATEHOUSE_CODE`, { exitCode: exitCodes.server, cause: error });
        process.stderr.write(`${detail}\n`);
      }
    }
  };

  return async (signal) => {
    let answer = await ask<LoginAnswer>('login', { email, password }, signal).catch((error: unknown) => {
      if (!(error instanceof ServerError) || error.problem.reason !== 'INVALID_CREDENTIALS') throw error;
      throw new CommandError(`${error.problem.detail}: check GATEHOUSE_EMAIL and GATEHOUSE_PASSWORD`, { exitCode: exitCodes.server, cause: error });
    });
    if (answer.factorRequired && answer.loginToken) answer = await complete(answer.loginToken, signal);
    if (answer.verificationRequired)
      throw new CommandError('the account has to verify its email before it gets a token: follow the link that it was sent', { exitCode: exitCodes.server });
    if (!answer.accessToken)
      throw new CommandError('the server gave no access token and did not say why: is this command as new as the server?', { exitCode: exitCodes.server });
    return answer;
  };
}

/** Six digits are of an app, which may show them in groups; anything else is a recovery code. */
function toProof(code: string): { totpCode: string } | { recoveryCode: string } {
  const digits = code.replace(/\s/g, '');
  return /^\d{6}$/.test(digits) ? { totpCode: digits } : { recoveryCode: code };
}

async function askForCode(): Promise<string> {
  if (!canAsk())
    throw new CommandError(
      'the account has a second factor: set GATEHOUSE_CODE to a code of its app that was not used yet or to a recovery code, or GATEHOUSE_TOKEN to an access token, or run it on a terminal to be asked',
    );
  // seen as it is typed, unlike a password: it is good once
  const word = await askForWord('Code of the authenticator app, or a recovery code:');
  if (word === undefined) throw new CommandError('there is no code');
  return word || askForCode();
}
