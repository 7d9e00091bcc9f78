import type { ClientInfo } from '@gatehouse/access';
import { accountSuspended, emailTaken } from '@gatehouse/contracts/auth';
import type { User } from '@gatehouse/contracts/user';
import { type AppError, isAppError } from '@gatehouse/errors';
import type { Database, Queryable } from '@gatehouse/postgres';
import { randomUUID } from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';
import { changeProved } from './codes/proved-person';
import { isSuspended, type People, type Person } from './people';
import { insertPasswordHash } from './postgres/credential-repository';
import { beginSignUp, endSignUp, type PendingSignUp } from './postgres/sign-up-repository';
import { newDeviceId } from './sessions/devices';
import type { FirstTokens, Sessions } from './sessions/sessions';

export interface FinishSignUpOptions {
  database: Database;
  people: People;
  sessions: Sessions;
}

/** How a sign-up is to come to its end. */
export interface SignUpEnd {
  readonly client: ClientInfo;
  /** Whether the email has been proved to be theirs. */
  readonly isVerified?: boolean;
  /** What is thrown when a later attempt has taken the sign-up over. */
  readonly takenOver: () => AppError;
  /** What is done in the transaction that makes the person able to enter. */
  readonly done: (tx: Queryable) => Promise<void>;
}

/** @throws emailTaken, accountSuspended, and what `takenOver` gives */
export type FinishSignUp = (attempt: Pick<PendingSignUp, 'email' | 'displayName' | 'passwordHash'>, end: SignUpEnd) => Promise<{ user: User } & FirstTokens>;

/**
 * Creates a person with a password, in three steps that each may be the last before a crash: a pending sign-up is
 * committed; `user` creates the person with its id; the pending sign-up becomes credentials, with a session. The next attempt with the same
 * email takes up what is pending; of several at once the latest wins, and gives the person its name and spelling. Only who has a pending sign-up can become its person:
 * one made otherwise is never claimed.
 */
export function createFinishSignUp({ database, people, sessions }: FinishSignUpOptions): FinishSignUp {
  /** The person of a pending sign-up, created if need be. */
  const ensurePerson = async (pending: PendingSignUp): Promise<Person> => {
    try {
      await people.create({ id: pending.userId, email: pending.email, displayName: pending.displayName });
      const person = await findPersonOf(people, pending);
      if (person) return person;
    } catch (error) {
      if (!isAppError(error, 'EMAIL_TAKEN')) throw error;
    }
    await endSignUp(database, pending);
    throw emailTaken();
  };

  return async (attempt, { client, isVerified = false, takenOver, done }) => {
    const pending = await beginSignUp(database, { ...attempt, userId: uuidv7(), attemptId: randomUUID() });
    const made = await ensurePerson(pending);
    if (isSuspended(made)) throw accountSuspended();
    // also where an attempt that this one has taken over verifies them at the same time
    const person = isVerified ? await changeProved(people, { userId: pending.userId, data: pending }, { emailVerified: true }) : made;
    // begun by another attempt, whose person it is so far
    const isOwn = pending.email === attempt.email && pending.displayName === attempt.displayName;
    const [user, session] = await database.transaction(async (tx) => {
      if (!(await activate(tx, pending))) throw takenOver();
      // while the pending sign-up is held: no other attempt gives the person its name after this
      const named = isOwn ? person.user : await people.rename(pending.userId, attempt);
      await done(tx);
      return [named, await sessions.open(tx, person, { client, deviceId: newDeviceId(), isDeviceKnown: false, methods: ['pwd'] })] as const;
    });
    return { user, ...(await sessions.toTokens(session, person)) };
  };
}

/** The person that a pending sign-up has made: one who was given another email is not this sign-up's any more. Which emails are the same is for `user` to say. */
export async function findPersonOf(people: People, { userId, email }: PendingSignUp): Promise<Person | undefined> {
  const person = await people.findByEmail(email);
  return person?.user.id === userId ? person : undefined;
}

/** Turns a pending sign-up into credentials; false when another attempt has taken it over or finished it. */
export async function activate(tx: Queryable, pending: PendingSignUp): Promise<boolean> {
  if (!(await endSignUp(tx, pending))) return false;
  await insertPasswordHash(tx, pending.userId, pending.passwordHash);
  return true;
}
