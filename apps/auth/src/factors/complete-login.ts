import type { ClientInfo } from '@gatehouse/access';
import { accountSuspended, type CompleteLoginRequest, type LoginResponse, loginTokenInvalid } from '@gatehouse/contracts/auth';
import type { Database } from '@gatehouse/postgres';
import { isSuspended, type People } from '../people';
import { holdPerson } from '../postgres/known-people-repository';
import { countTry, findPendingLogin, takeLoginToken } from '../postgres/login-token-repository';
import { toTokenHash } from '../sessions/refresh-token';
import type { Sessions } from '../sessions/sessions';
import type { FactorCodes } from './factor-codes';

export interface CompleteLoginOptions {
  database: Database;
  people: People;
  sessions: Sessions;
  codes: FactorCodes;
}

// of three codes in a million that are right at a time, five guesses hit one with a chance of 1 in 67,000
const maxTries = 5;

/** @throws loginTokenInvalid, factorCodeInvalid, accountSuspended */
export type CompleteLogin = (request: CompleteLoginRequest, client: ClientInfo) => Promise<LoginResponse>;

/** Opens the session of a login whose password was right, for who has a code as well. Token and code are used up together, or neither is. */
export function createCompleteLogin({ database, people, sessions, codes }: CompleteLoginOptions): CompleteLogin {
  return async ({ loginToken, code, captchaToken }, client) => {
    const hash = toTokenHash(loginToken);
    const pending = await findPendingLogin(database, hash);
    if (!pending) throw loginTokenInvalid();
    const { userId, deviceId, isDeviceKnown } = pending;
    // asked before the transaction: no lock waits for another service
    const person = await people.findById(userId);
    if (!person) throw loginTokenInvalid();
    if (isSuspended(person)) throw accountSuspended();
    const subject = { userId, account: person.user.email, client, deviceId: isDeviceKnown ? deviceId : undefined, captchaToken };
    const session = await codes.attempt(subject, async () => {
      // what the limits refuse is no try: others could spend all of them
      if (!(await countTry(database, hash, maxTries))) throw loginTokenInvalid();
      return database.transaction(async (tx) => {
        if (!(await takeLoginToken(tx, hash))) throw loginTokenInvalid();
        // before their factors, as whoever takes those away does
        await holdPerson(tx, userId);
        await codes.take(tx, person.user, code!);
        return sessions.open(tx, person, { client, deviceId, isDeviceKnown, methods: ['pwd', 'otp'] });
      });
    });
    return { user: person.user, verificationRequired: false, factorTypes: [], ...(await sessions.toTokens(session, person)) };
  };
}
