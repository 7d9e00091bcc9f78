import type { ClientInfo } from '@gatehouse/access';
import { asAttempt, type Attempts } from '../attempts/attempts';
import type { CodePurpose } from './one-time-code';

/** How often codes may be presented, and mails be asked for; whether there is an account makes no difference to it. */
export interface CodeLimits {
  /** Does what a right guess could bring about, as one attempt of the address that it comes from. Throws as `work`, and tooManyAttempts. */
  guess<T>(client: ClientInfo, work: () => Promise<T>): Promise<T>;
  /** Whether one more mail of the purpose may go to the email; who asks for one is answered the same. `resent_sign_up`: by whoever names a sign-up. */
  mayMail(purpose: CodePurpose | 'resent_sign_up', email: string, client: ClientInfo): Promise<boolean>;
}

export const createCodeLimits = (attempts: Pick<Attempts, 'beginForAddress' | 'mayMail'>): CodeLimits => ({
  guess: async (client, work) => asAttempt(await attempts.beginForAddress(client), work),
  mayMail: (purpose, account, client) => attempts.mayMail({ purpose, account, client }),
});
