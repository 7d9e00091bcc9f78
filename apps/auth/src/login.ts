import { accountSuspended, invalidCredentials, type LoginResponse } from '@gatehouse/contracts/auth';
import type { Database } from '@gatehouse/postgres';
import { isSuspended, type People } from './people';
import type { Passwords } from './passwords';
import { findPasswordHash, replacePasswordHash } from './postgres/credential-repository';
import type { Sessions } from './sessions';

export interface LoginOptions {
  database: Database;
  people: People;
  passwords: Passwords;
  sessions: Sessions;
}

export type Login = (email: string, password: string) => Promise<LoginResponse>;

/** Opens a session for who knows the password. An unknown email and a wrong password take the same time and get the same answer. */
export function createLogin({ database, people, passwords, sessions }: LoginOptions): Login {
  return async (email, password) => {
    const person = await people.findByEmail(email);
    const hash = person && (await findPasswordHash(database, person.user.id));
    const isRight = await passwords.verify(password, hash);
    if (!person || !hash || !isRight) throw invalidCredentials();
    if (isSuspended(person)) throw accountSuspended();
    if (passwords.isOld(hash)) await replacePasswordHash(database, person.user.id, hash, await passwords.hash(password));
    const session = await database.transaction((tx) => sessions.open(tx, person.user.id));
    return { user: person.user, verificationRequired: false, ...(await sessions.toTokens(session, person)) };
  };
}
