import type { ClientInfo, Principal } from '@gatehouse/access';
import { tokenExpired } from '@gatehouse/contracts/api';
import { accountSuspended, factorCodeInvalid, factorCodeMissing, invalidCredentials, type StepUpRequest, type StepUpResponse } from '@gatehouse/contracts/auth';
import type { Database } from '@gatehouse/postgres';
import type { Passwords } from '../passwords/passwords';
import { isSuspended, type People } from '../people';
import { findPasswordHash } from '../postgres/credential-repository';
import { countConfirmedFactors } from '../postgres/factor-repository';
import { findDevice, renewProof } from '../postgres/session-repository';
import type { AccessTokens } from '../tokens/access-tokens';
import type { FactorCodes } from './factor-codes';

export interface StepUpOptions {
  database: Database;
  people: People;
  passwords: Passwords;
  accessTokens: AccessTokens;
  codes: FactorCodes;
}

/** @throws invalidCredentials, factorCodeInvalid, factorCodeMissing, accountSuspended; tokenExpired when the session is over */
export type StepUp = (request: StepUpRequest, principal: Principal & { kind: 'user' }, client: ClientInfo) => Promise<StepUpResponse>;

/**
 * Has somebody who is signed in prove anew who they are. Who has a second factor needs its code, which makes of a session that began with a
 * password alone one of both. Without one it is the password, and what the session was proved by before counts no more.
 */
export function createStepUp({ database, people, passwords, accessTokens, codes }: StepUpOptions): StepUp {
  const isRight = async (userId: string, password: string) => passwords.verify(password, await findPasswordHash(database, userId));
  return async ({ proof: given }, { id: userId, sessionId }, client) => {
    const person = await people.findById(userId);
    // what a refresh then says is the last word
    if (!person) throw tokenExpired();
    if (isSuspended(person)) throw accountSuspended();
    const code = given!.$case === 'password' ? undefined : given;
    const hasFactor = (await countConfirmedFactors(database, userId)) > 0;
    if (hasFactor && !code) throw factorCodeMissing();

    const subject = { userId, account: person.user.email, client, deviceId: await findDevice(database, sessionId) };
    const terms = await codes.attempt(subject, async () => {
      if (!hasFactor && code) throw factorCodeInvalid();
      if (!code && !(await isRight(userId, given!.value))) throw invalidCredentials();
      return database.transaction(async (tx) => {
        if (code) await codes.take(tx, person.user, code);
        return renewProof(tx, { sessionId, userId }, code ? { also: ['otp'] } : { only: ['pwd'] });
      });
    });
    if (!terms) throw tokenExpired();
    const { permissions, askTime, user } = person;
    return { ...(await accessTokens.sign({ userId, sessionId, permissions, roleIds: user.roleIds, askTime, ...terms })), tokenType: 'Bearer' };
  };
}
