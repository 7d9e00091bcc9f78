import { isAppError } from '@gatehouse/errors';
import type { Database } from '@gatehouse/postgres';
import { v7 as uuidv7 } from 'uuid';
import type { Passwords } from './passwords';
import { withPatience } from './patience';
import type { People } from './people';
import { findPasswordHash, putPasswordHash } from './postgres/credential-repository';
import { revokeSessionsOf } from './postgres/session-repository';
import { dropSignUp } from './postgres/sign-up-repository';

const attempts = 5;
// How long `user` is waited for. Milliseconds.
const patienceMs = 30_000;

export interface BootstrapOptions {
  database: Database;
  people: People;
  passwords: Passwords;
}

/**
 * Makes the person with this email an active administrator with this password, whoever they were. Done twice, it does
 * nothing the second time; a password that was another ends the person's sessions. The rights come last: who signed up with
 * the email before never holds both their own password and the rights.
 */
export async function bootstrap({ database, people, passwords }: BootstrapOptions, email: string, password: string): Promise<'unchanged' | 'set'> {
  for (let attempt = 1; ; attempt++)
    try {
      const known = await withPatience(patienceMs, () => people.findByEmail(email));
      const id = known?.user.id ?? uuidv7();
      const result = await ensurePassword(id);
      await withPatience(patienceMs, () => people.ensureAdministrator(email, id));
      return result;
    } catch (error) {
      // the email became another person's meanwhile
      if (!isAppError(error, 'EMAIL_TAKEN') || attempt === attempts) throw error;
    }

  async function ensurePassword(id: string): Promise<'unchanged' | 'set'> {
    const old = await findPasswordHash(database, id);
    if (old && (await passwords.verify(password, old))) return 'unchanged';
    const hash = await passwords.hash(password);
    await database.transaction(async (tx) => {
      // whoever began to sign up as this person does not go on
      await dropSignUp(tx, id, email);
      await putPasswordHash(tx, id, hash);
      await revokeSessionsOf(tx, id);
    });
    return 'set';
  }
}
