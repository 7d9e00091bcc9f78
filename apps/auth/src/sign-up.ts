import { requestInProgress } from '@gatehouse/contracts/api';
import { emailTaken, SignUpRequest, type SignUpResponse } from '@gatehouse/contracts/auth';
import { isAppError } from '@gatehouse/errors';
import type { Idempotency } from '@gatehouse/idempotency';
import type { Database, Queryable } from '@gatehouse/postgres';
import { createHmac, type KeyObject, randomUUID } from 'node:crypto';
import { toAccount } from './attempts/attempt-keys';
import { type Attempts, isUnjudged } from './attempts/attempts';
import type { Codes } from './codes/codes';
import { toRepeatableId } from './codes/one-time-code';
import type { CodeSettings } from './codes/settings';
import type { FinishSignUp } from './finish-sign-up';
import type { Caller, Login } from './login';
import type { PasswordPolicy } from './passwords/password-policy';
import type { Passwords } from './passwords/passwords';

/** When who signs up proves that the email is theirs: before there is an account, after it, or not at all. */
export type SignUpVerification = CodeSettings['AUTH_SIGNUP_VERIFICATION'];

export interface SignUpOptions {
  database: Database;
  passwords: Passwords;
  policy: PasswordPolicy;
  idempotency: Idempotency;
  login: Login;
  attempts: Pick<Attempts, 'beginSignUp' | 'mayMail'>;
  finishSignUp: FinishSignUp;
  codes: Pick<Codes, 'request'>;
  verification: SignUpVerification;
  /** Keys the hash under which an email stands in an idempotency record. */
  emailKey: KeyObject;
}

/**
 * @throws passwordTooWeak, passwordBreached, requestInProgress, requestIdReused; as Attempts.beginSignUp; and, unless emails are verified first,
 * emailTaken and accountSuspended
 */
export type SignUp = (request: SignUpRequest, method: string, caller: Caller) => Promise<SignUpResponse>;

/**
 * Creates a person with a password or, where emails are verified first, notes who is to be created by VerifyEmail.
 *
 * A request_id that was answered before opens a new session, by a login; a wrong password then hears what every other
 * sign-up with a taken email hears.
 */
export function createSignUp(options: SignUpOptions): SignUp {
  const { database, passwords, policy, idempotency, login, finishSignUp, attempts, codes, verification, emailKey } = options;
  const repeat = ({ email, password, captchaToken }: SignUpRequest, caller: Caller): Promise<SignUpResponse> =>
    login({ email, password, captchaToken, deviceToken: '' }, caller).catch((cause) => {
      throw isAppError(cause, 'INVALID_CREDENTIALS') ? emailTaken({ cause }) : cause;
    });

  const hash = async (request: SignUpRequest): Promise<string> => {
    const account = toAccount(request.email);
    passwords.admit(account);
    // before anything of the account is known, so that it tells nothing of that
    await policy.requireGood(request.password, request, 'password');
    return passwords.hash(request.password, account);
  };

  const attempt = async (request: SignUpRequest, { client, language }: Caller, record: (tx: Queryable) => Promise<void>): Promise<SignUpResponse> => {
    const passwordHash = await hash(request);
    const { email, displayName } = request;
    // who can repeat safely may find that it was their own attempt that took over
    const takenOver = () => (request.requestId ? requestInProgress({ retryDelayMs: 200 }) : emailTaken());
    let verificationId: string | undefined;
    const done = async (tx: Queryable) => {
      await record(tx);
      if (verification === 'optional') verificationId = await codes.request(tx, { purpose: 'verify_email', data: { email, language } });
    };
    const signedUp = await finishSignUp({ email, displayName, passwordHash }, { client, takenOver, done });
    return { ...signedUp, verificationRequired: false, verificationId, factorTypes: [] };
  };

  /** Notes a sign-up, which its email has to prove first: what the email is of is found out afterwards, so that neither answer nor time tells. */
  const ask = async (request: SignUpRequest, id: string, { client, language }: Caller, record: (tx: Queryable) => Promise<void>): Promise<SignUpResponse> => {
    const { email, displayName } = request;
    const passwordHash = await hash(request);
    const mayMail = await attempts.mayMail({ account: email, client, purpose: 'sign_up' });
    // what was not asked for is not done: the same request may be sent again
    if (mayMail)
      await database.transaction(async (tx) => {
        await record(tx);
        await codes.request(tx, { id, purpose: 'sign_up', data: { email, displayName, passwordHash, language } });
      });
    return { verificationRequired: true, verificationId: id, factorTypes: [] };
  };

  return async (request, method, caller) => {
    // an email that its rule lets pass is ASCII: this folds it as the database does
    const principal = createHmac('sha256', emailKey).update(request.email.toLowerCase()).digest('hex');
    const key = { principal, method, requestId: request.requestId };
    // what is kept of the request has no password: a repetition proves that it knows it
    const kept = SignUpRequest.encode({ ...request, password: '', captchaToken: '' }).finish();
    const isDone = await idempotency.find(database, key, kept);
    const isAsked = verification === 'required';
    const id = request.requestId ? toRepeatableId(emailKey, [principal, method, request.requestId]) : randomUUID();
    if (isDone) return isAsked ? { verificationRequired: true, verificationId: id, factorTypes: [] } : repeat(request, caller);
    const counted = await attempts.beginSignUp({ client: caller.client, captchaToken: request.captchaToken });
    const record = (tx: Queryable) => idempotency.record(tx, key, kept);
    try {
      return await (isAsked ? ask(request, id, caller, record) : attempt(request, caller, record));
    } catch (error) {
      if (isUnjudged(error)) await counted.withdrawn();
      // a repetition at the same time may have done it meanwhile
      const isLost = !isAsked && (isAppError(error, 'EMAIL_TAKEN') || isAppError(error, 'REQUEST_IN_PROGRESS'));
      if (isLost && (await idempotency.find(database, key, kept))) return repeat(request, caller);
      throw error;
    }
  };
}
