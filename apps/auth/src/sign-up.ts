import { accountSuspended, emailTaken, SignUpRequest, type SignUpResponse } from '@gatehouse/contracts/auth';
import { isAppError } from '@gatehouse/errors';
import type { Idempotency } from '@gatehouse/idempotency';
import type { Database, Queryable } from '@gatehouse/postgres';
import { createHmac, randomUUID } from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';
import type { Login } from './login';
import type { Passwords } from './passwords';
import { isSuspended, type People } from './people';
import { putPasswordHash } from './postgres/credential-repository';
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

export type SignUp = (request: SignUpRequest, method: string) => Promise<SignUpResponse>;

/**
 * Creates a person with a password, in three steps that each may be the last before a crash: a pending sign-up is
 * committed; `user` creates the person with its id; the pending sign-up becomes credentials. The next attempt with the same
 * email takes up what is pending. Only who has a pending sign-up can become its person: one made otherwise is never claimed.
 */
export function createSignUp({ database, people, passwords, sessions, idempotency, login, emailKey }: SignUpOptions): SignUp {
  return async (request, method) => {
    const principal = createHmac('sha256', emailKey).update(request.email.toLowerCase()).digest('hex');
    const key = { principal, method, requestId: request.requestId };
    // what is kept of the request has no password: a repetition proves that it knows it
    const kept = SignUpRequest.encode({ ...request, password: '' }).finish();
    if (request.requestId && (await idempotency.find(database, key, kept))) return login(request.email, request.password);

    const passwordHash = await passwords.hash(request.password);
    const pending = await beginSignUp(database, { userId: uuidv7(), email: request.email, displayName: request.displayName, passwordHash, attemptId: randomUUID() });
    try {
      await people.create({ id: pending.userId, email: pending.email, displayName: pending.displayName });
    } catch (cause) {
      if (!isAppError(cause, 'EMAIL_TAKEN')) throw cause;
      await endSignUp(database, pending);
      throw emailTaken({ cause });
    }
    const person = await people.findById(pending.userId);
    if (!person || isSuspended(person)) throw accountSuspended();
    const session = await database.transaction(async (tx) => {
      if (!(await activate(tx, pending))) throw emailTaken();
      if (request.requestId) await idempotency.record(tx, key, kept);
      return sessions.open(tx, pending.userId);
    });
    return { user: person.user, verificationRequired: false, ...(await sessions.toTokens(session, person)) };
  };
}

/** Turns a pending sign-up into credentials; false when another attempt has taken it over or finished it. */
export async function activate(tx: Queryable, pending: PendingSignUp): Promise<boolean> {
  if (!(await endSignUp(tx, pending))) return false;
  await putPasswordHash(tx, pending.userId, pending.passwordHash);
  return true;
}
