import { accountSuspended, type ConfirmTotpRequest, factorCodeInvalid, factorLimitReached, factorMissing, factorNotFound } from '@gatehouse/contracts/auth';
import { tokenExpired } from '@gatehouse/contracts/api';
import type { Database, Queryable } from '@gatehouse/postgres';
import { v7 as uuidv7 } from 'uuid';
import { isSuspended, type People, type Person } from '../people';
import * as repository from '../postgres/factor-repository';
import { holdPerson, lockPeople } from '../postgres/known-people-repository';
import { countRecoveryCodes, deleteRecoveryCodes, replaceRecoveryCodes } from '../postgres/recovery-code-repository';
import type { KeyRing } from '../seal';
import { toSecretContext } from './factor-codes';
import type { PersonCalling, RequireFreshFactor } from './fresh-factor';
import { makeRecoveryCodes, toRecoveryCodeHash } from './recovery-codes';
import type { FactorTeller } from './told';
import { findTotpStep, makeTotpSecret, toTotpTexts } from './totp';

export interface EnrolmentOptions {
  database: Database;
  people: People;
  keyRing: KeyRing;
  /** What authenticator apps call the installation. */
  issuer: string;
  tell: FactorTeller;
  requireFreshFactor: RequireFreshFactor;
  /** Milliseconds since the epoch. */
  now: () => number;
}

// each is one more code that is right at a time
const maxFactors = 5;

export type Enrolment = ReturnType<typeof createEnrolment>;

/** How factors come and go. Whoever has one needs it to change any: a session that a password alone opened does not do. */
export function createEnrolment({ database, people, keyRing, issuer, tell, requireFreshFactor, now }: EnrolmentOptions) {
  /** Them as they are to be told of it. Asked before the transaction: no lock waits for another service. @throws tokenExpired */
  const getPerson = async ({ id }: PersonCalling): Promise<Person> => {
    const person = await people.findById(id);
    if (!person) throw tokenExpired();
    return person;
  };
  const giveRecoveryCodes = async (tx: Queryable, userId: string): Promise<readonly string[]> => {
    const codes = makeRecoveryCodes();
    await replaceRecoveryCodes(tx, userId, codes.map(toRecoveryCodeHash));
    return codes;
  };

  return {
    /** @throws stepUpRequired, factorLimitReached, accountSuspended */
    async begin(caller: PersonCalling, displayName: string) {
      if ((await requireFreshFactor(caller)) >= maxFactors) throw factorLimitReached({ max: String(maxFactors) });
      const person = await getPerson(caller);
      if (isSuspended(person)) throw accountSuspended();
      const id = uuidv7();
      const secret = makeTotpSecret();
      const sealedSecret = keyRing.seal(secret, toSecretContext(caller.id, id));
      const factor = await database.transaction(async (tx) => {
        await holdPerson(tx, caller.id);
        return repository.putPendingTotp(tx, { id, userId: caller.id, displayName, sealedSecret });
      });
      if (!factor) throw tokenExpired();
      return { factor, ...toTotpTexts(secret, { issuer, account: person.user.email }) };
    },
    /** @throws stepUpRequired, factorNotFound, factorCodeInvalid */
    async confirm(caller: PersonCalling, { factorId, totpCode }: ConfirmTotpRequest) {
      await requireFreshFactor(caller);
      const pending = await repository.findPendingTotp(database, caller.id, factorId);
      if (!pending) throw factorNotFound({ id: factorId });
      const step = findTotpStep(keyRing.unseal(pending.sealedSecret, toSecretContext(caller.id, factorId)), totpCode, now());
      if (step === undefined) throw factorCodeInvalid();
      const { user } = await getPerson(caller);
      return database.transaction(async (tx) => {
        await lockPeople(tx, [caller.id]);
        const factor = await repository.confirmTotp(tx, factorId, step);
        // by another call, or in the place of which another one came
        if (!factor) throw factorNotFound({ id: factorId });
        await tell(tx, user, 'factor_added');
        const recoveryCodes = (await countRecoveryCodes(tx, caller.id)) ? [] : await giveRecoveryCodes(tx, caller.id);
        return { factor, recoveryCodes };
      });
    },
    async list(userId: string) {
      return { factors: await repository.listFactors(database, userId), recoveryCodesLeft: await countRecoveryCodes(database, userId) };
    },
    /** @throws stepUpRequired, factorNotFound */
    async remove(caller: PersonCalling, userId: string, factorId: string): Promise<void> {
      await requireFreshFactor(caller);
      const person = await people.findById(userId);
      // with them all that they had went, or goes
      if (!person) throw factorNotFound({ id: factorId });
      await database.transaction(async (tx) => {
        await lockPeople(tx, [userId]);
        const counted = await repository.deleteFactor(tx, userId, factorId);
        if (counted === undefined) throw factorNotFound({ id: factorId });
        if (!counted) return;
        if (!(await repository.countConfirmedFactors(tx, userId))) await deleteRecoveryCodes(tx, userId);
        await tell(tx, person.user, 'factor_removed');
      });
    },
    /** @throws stepUpRequired, factorMissing */
    async renewRecoveryCodes(caller: PersonCalling): Promise<readonly string[]> {
      await requireFreshFactor(caller);
      const { user } = await getPerson(caller);
      return database.transaction(async (tx) => {
        await lockPeople(tx, [caller.id]);
        if (!(await repository.countConfirmedFactors(tx, caller.id))) throw factorMissing();
        await tell(tx, user, 'recovery_codes_replaced');
        return giveRecoveryCodes(tx, caller.id);
      });
    },
  };
}
