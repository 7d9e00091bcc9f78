import { requestInProgress } from '@gatehouse/contracts/api';
import { accountSuspended, emailTaken, SignUpRequest, type SignUpResponse } from '@gatehouse/contracts/auth';
import { isAppError } from '@gatehouse/errors';
import type { Idempotency } from '@gatehouse/idempotency';
import type { Database, Queryable } from '@gatehouse/postgres';
import { createHmac, randomUUID } from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';
import type { Login } from './login';
import type { Passwords } from './passwords';
import { isSuspended, type People, type Person } from './people';
import { insertPasswordHash } from './postgres/credential-repository';
import { beginSignUp, endSignUp, type PendingSignUp } from './postgres/sign-up-repository';
import type { Sessions } from './sessions';

export interface SignUpOptions {
  database: Database;
  people: People;
  passwords: Passwords;
  sessions: Sessions;
  idempotency: Idempotency;
  login: Login;
  /** Keys the hash under which an email stands in an idempotency record. */
  emailKey: Uint8Array;
}

/** @throws emailTaken, accountSuspended, requestInProgress, requestIdReused */
export type SignUp = (request: SignUpRequest, method: string) => Promise<SignUpResponse>;

/**
 * Creates a person with a password, in three steps that each may be the last before a crash: a pending sign-up is
 * committed; `user` creates the person with its id; the pending sign-up becomes credentials. The next attempt with the same
 * email takes up what is pending; of several at once the latest wins, and gives the person its name and spelling. Only who has a pending sign-up can become its person:
 * one made otherwise is never claimed.
 *
 * A request_id that was answered before opens a new session, by a login; a wrong password then hears what every other
 * sign-up with a taken email hears.
 */
export function createSignUp({ database, people, passwords, sessions, idempotency, login, emailKey }: SignUpOptions): SignUp {
  const repeat = ({ email, password }: SignUpRequest): Promise<SignUpResponse> =>
    login(email, password).catch((cause) => {
      throw isAppError(cause, 'INVALID_CREDENTIALS') ? emailTaken({ cause }) : cause;
    });

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

  const attempt = async (request: SignUpRequest, record: (tx: Queryable) => Promise<void>): Promise<SignUpResponse> => {
    const passwordHash = await passwords.hash(request.password);
    const pending = await beginSignUp(database, {
      userId: uuidv7(),
      email: request.email,
      displayName: request.displayName,
      passwordHash,
      attemptId: randomUUID(),
    });
    const person = await ensurePerson(pending);
    if (isSuspended(person)) throw accountSuspended();
    // begun by another attempt, whose person it is so far
    const isOwn = pending.email === request.email && pending.displayName === request.displayName;
    const [user, session] = await database.transaction(async (tx) => {
      // taken over by a later attempt; who can repeat safely may find that it was their own
      if (!(await activate(tx, pending))) throw request.requestId ? requestInProgress({ retryDelayMs: 200 }) : emailTaken();
      // while the pending sign-up is held: no other attempt gives the person its name after this
      const named = isOwn ? person.user : await people.rename(pending.userId, request);
      await record(tx);
      return [named, await sessions.open(tx, person)] as const;
    });
    return { user, verificationRequired: false, ...(await sessions.toTokens(session, person)) };
  };

  return async (request, method) => {
    // an email that its rule lets pass is ASCII: this folds it as the database does
    const principal = createHmac('sha256', emailKey).update(request.email.toLowerCase()).digest('hex');
    const key = { principal, method, requestId: request.requestId };
    // what is kept of the request has no password: a repetition proves that it knows it
    const kept = SignUpRequest.encode({ ...request, password: '' }).finish();
    if (await idempotency.find(database, key, kept)) return repeat(request);
    try {
      return await attempt(request, (tx) => idempotency.record(tx, key, kept));
    } catch (error) {
      // a repetition at the same time may have done it meanwhile
      const isLost = isAppError(error, 'EMAIL_TAKEN') || isAppError(error, 'REQUEST_IN_PROGRESS');
      if (isLost && (await idempotency.find(database, key, kept))) return repeat(request);
      throw error;
    }
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
