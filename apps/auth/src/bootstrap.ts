import { Role } from '@gatehouse/contracts/user';
import { isAppError } from '@gatehouse/errors';
import type { Database } from '@gatehouse/postgres';
import { v7 as uuidv7 } from 'uuid';
import type { Passwords } from './passwords/passwords';
import { withPatience } from './patience';
import type { People } from './people';
import { endCodesOf } from './postgres/code-repository';
import { findPasswordHash, putPasswordHash } from './postgres/credential-repository';
import { deleteFactorsOf } from './postgres/reconcile-repository';
import { revokeSessionsOf } from './postgres/session-end-repository';
import { dropSignUp } from './postgres/sign-up-repository';

const attempts = 5;
// How long `user` is waited for. Milliseconds.
export const patienceMs = 30_000;

export interface BootstrapOptions {
  database: Database;
  people: People;
  passwords: Passwords;
}

/**
 * Makes the person with this email an active administrator with this password, whoever they were. Done twice, it does
 * nothing the second time; a password that was another ends the person's sessions and what was mailed to them. The rights come last: who
 * signed up with the email before never holds both the rights and anything of their own by which to come in, or to keep others out.
 */
export async function bootstrap({ database, people, passwords }: BootstrapOptions, email: string, password: string): Promise<'unchanged' | 'set'> {
  for (let attempt = 1; ; attempt++)
    try {
      const known = await withPatience(patienceMs, () => people.findByEmail(email));
      const id = known?.user.id ?? uuidv7();
      const result = await ensurePassword(id, known?.user.roles.includes(Role.ROLE_ADMIN) ?? false);
      const user = await withPatience(patienceMs, () => people.ensureAdministrator(email, id));
      // whoever configures the installation vouches for it
      if (!user.emailVerified) await withPatience(patienceMs, () => people.update(user, { emailVerified: true }));
      return result;
    } catch (error) {
      // the email became another person's meanwhile, or the person was changed
      if (!(isAppError(error, 'EMAIL_TAKEN') || isAppError(error, 'ETAG_MISMATCH')) || attempt === attempts) throw error;
    }

  async function ensurePassword(id: string, isAdministrator: boolean): Promise<'unchanged' | 'set'> {
    const old = await findPasswordHash(database, id);
    if (isAdministrator && old && (await passwords.verify(password, old))) return 'unchanged';
    const hash = await passwords.hash(password);
    await database.transaction(async (tx) => {
      // whoever began to sign up as this person does not go on
      await dropSignUp(tx, id, email);
      await putPasswordHash(tx, id, hash);
      await revokeSessionsOf(tx, id);
      // with a change of email that they asked for they would take the account away
      await endCodesOf(tx, id);
      if (!isAdministrator) await deleteFactorsOf(tx, id);
    });
    return 'set';
  }
}
