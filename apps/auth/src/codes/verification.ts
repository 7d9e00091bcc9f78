import type { ClientInfo } from '@gatehouse/access';
import { codeInvalid, invalidCredentials, passwordRequired, type EmailServiceDefinition, type VerifyEmailResponse } from '@gatehouse/contracts/auth';
import type { Database } from '@gatehouse/postgres';
import type { RpcService } from '@gatehouse/rpc';
import { clientOf } from '@gatehouse/access';
import { randomUUID } from 'node:crypto';
import { isUnjudged } from '../attempts/attempts';
import type { FinishSignUp } from '../finish-sign-up';
import { languageOf } from '../mail/languages';
import type { Passwords } from '../passwords/passwords';
import type { People } from '../people';
import { findPasswordHash } from '../postgres/credential-repository';
import { countTry, endSignUpCodes, takeBackTry } from '../postgres/code-repository';
import type { Code, Codes } from './codes';
import type { CodeLimits } from './limits';
import { changeProved } from './proved-person';

export interface VerificationOptions {
  database: Database;
  people: People;
  passwords: Pick<Passwords, 'verify'>;
  finishSignUp: FinishSignUp;
  codes: Codes;
  limits: CodeLimits;
}

type VerificationMethods = Pick<RpcService<EmailServiceDefinition>, 'verifyEmail' | 'resendVerification'>;

/** The methods of EmailService by which people prove the email that they have, or sign up with. */
export function createVerification({ database, people, passwords, finishSignUp, codes, limits }: VerificationOptions): VerificationMethods {
  /**
   * Whoever opens a link has the mailbox, and need not be who signed up: without its password nobody gets into an account that somebody else
   * began in their name, and nobody makes one for them. Who types the digits has the id that the sign-up answered.
   */
  const requirePassword = async (code: Code, password: string) => {
    const passwordHash = code.data.passwordHash ?? (code.userId && (await findPasswordHash(database, code.userId)));
    // of somebody who was made otherwise, and has none yet
    if (!passwordHash) return;
    if (!password) throw passwordRequired();
    if (!(await countTry(database, code.id))) throw codeInvalid();
    const isRight = await passwords.verify(password, passwordHash).catch(async (error) => {
      if (isUnjudged(error)) await takeBackTry(database, code.id);
      throw error;
    });
    if (!isRight) throw invalidCredentials();
  };

  const finish = async (code: Code, client: ClientInfo): Promise<VerifyEmailResponse> => {
    const { email, displayName = '', passwordHash = '' } = code.data;
    const done = async (tx: Parameters<Codes['use']>[0]) => {
      await codes.use(tx, code);
      // those of others, and earlier ones: the email has its person now
      await endSignUpCodes(tx, codes.emailHashes(email));
    };
    return finishSignUp({ email, displayName, passwordHash }, { client, isVerified: true, takenOver: () => codeInvalid(), done });
  };

  return {
    async verifyEmail({ token, verificationId: id, code: digits, password }, call) {
      const client = clientOf(call);
      const code = await limits.guess(client, async () => {
        const presented = await codes.present({ token, id, code: digits }, 'sign_up', 'verify_email');
        if (token) await requirePassword(presented, password);
        return presented;
      });
      if (code.purpose === 'sign_up') return finish(code, client);
      await changeProved(people, code, { emailVerified: true });
      await database.transaction((tx) => codes.use(tx, code));
      return {};
    },
    async resendVerification({ email, verificationId: signUpId }, call) {
      // apart, so that whoever names none spends none of who does; by the request alone, whether there is one or not
      const mayMail = await limits.mayMail(signUpId ? 'resent_sign_up' : 'verify_email', email, clientOf(call));
      const id = randomUUID();
      if (mayMail) await codes.request(database, { id, purpose: 'verify_email', data: { email, signUpId, language: languageOf(call) } });
      return { verificationId: id };
    },
  };
}
