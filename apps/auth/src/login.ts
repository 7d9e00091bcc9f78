import { accountSuspended, invalidCredentials, type LoginResponse } from '@gatehouse/contracts/auth';
import type { Database } from '@gatehouse/postgres';
import { isSuspended, type People } from './people';
import type { Passwords } from './passwords';
import { findPasswordHash, holdPasswordHash, replacePasswordHash } from './postgres/credential-repository';
import type { Sessions } from './sessions';

export interface LoginOptions {
  database: Database;
  people: People;
  passwords: Passwords;
  sessions: Sessions;
}

/** @throws invalidCredentials; accountSuspended, once the password is known to be right */
export type Login = (email: string, password: string) => Promise<LoginResponse>;

// asked for in the place of a person who is not there, so that both take the same steps
const nobodysId = '00000000-0000-0000-0000-000000000000';

/** Opens a session for who knows the password. An unknown email and a wrong password take the same time and get the same answer. */
export function createLogin({ database, people, passwords, sessions }: LoginOptions): Login {
  return async function login(email, password) {
    const person = await people.findByEmail(email);
    const hash = await findPasswordHash(database, person?.user.id ?? nobodysId);
    const isRight = await passwords.verify(password, hash);
    if (!person || !hash || !isRight) throw invalidCredentials();
    if (isSuspended(person)) throw accountSuspended();

    const { id } = person.user;
    const better = passwords.isOld(hash) ? await passwords.hash(password) : undefined;
    const session = await database.transaction(async (tx) => {
      const isSame = better ? await replacePasswordHash(tx, id, hash, better) : await holdPasswordHash(tx, id, hash);
      return isSame ? sessions.open(tx, person) : undefined;
    });
    // replaced while it was verified: by a better hash of the same password, or by another password's
    if (!session) return login(email, password);
    return { user: person.user, verificationRequired: false, ...(await sessions.toTokens(session, person)) };
  };
}
