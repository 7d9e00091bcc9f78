import { type CompleteLoginRequest, factorCodeInvalid } from '@gatehouse/contracts/auth';
import { isAppError } from '@gatehouse/errors';
import type { Queryable, Transaction } from '@gatehouse/postgres';
import { type Attempts, type AttemptSubject, isUnjudged } from '../attempts/attempts';
import type { Recipient } from '../mail/notices';
import { listConfirmedTotp, takeStep } from '../postgres/factor-repository';
import { takeRecoveryCode } from '../postgres/recovery-code-repository';
import type { SecurityEvents } from '../security-events';
import { createKeyRing, type KeyRing, type Secrets } from '../seal';
import { toRecoveryCodeHash } from './recovery-codes';
import type { FactorTeller } from './told';
import { findTotpStep } from './totp';

export type GivenCode = NonNullable<CompleteLoginRequest['code']>;

export interface FactorCodesOptions {
  /** By which the secrets of apps are sealed. */
  keyRing: Pick<KeyRing, 'unseal'>;
  security: SecurityEvents;
  tell: FactorTeller;
  attempts: Pick<Attempts, 'begin'>;
  /** Milliseconds since the epoch. */
  now: () => number;
}

export interface FactorCodes {
  /** Takes a code of the person's in the caller's transaction: it is worth nothing afterwards. @throws factorCodeInvalid */
  take(tx: Transaction, user: Recipient, code: GivenCode): Promise<void>;
  /** Does what proves who somebody is as one attempt of theirs. Throws as `work`, and as the limits do. */
  attempt<T>(subject: AttemptSubject & { readonly userId: string }, work: () => Promise<T>): Promise<T>;
}

/** Seals and opens the secrets of apps. */
export const createFactorKeyRing = (secrets: Secrets): KeyRing => createKeyRing(secrets, 'gatehouse factor');

// what sealed secrets are bound to: that of one factor cannot be put in the place of another's
export const toSecretContext = (userId: string, factorId: string): Buffer => Buffer.from(`totp ${userId} ${factorId}`);

const isWrongProof = (error: unknown) => isAppError(error, 'FACTOR_CODE_INVALID') || isAppError(error, 'INVALID_CREDENTIALS');
// what was given was not looked at
const isUnseen = (error: unknown) => isAppError(error, 'LOGIN_TOKEN_INVALID') || isUnjudged(error);

/** The codes by which people prove who they are beside their passwords. */
export function createFactorCodes({ keyRing, security, tell, attempts, now }: FactorCodesOptions): FactorCodes {
  /** The secrets of a person's apps that a key opens: one that none opens keeps no other app from letting in. @throws unavailable when none is opened */
  const openSecrets = async (tx: Queryable, userId: string) => {
    const failures: unknown[] = [];
    const opened = (await listConfirmedTotp(tx, userId)).flatMap(({ id, sealedSecret }) => {
      try {
        return { id, secret: keyRing.unseal(sealedSecret, toSecretContext(userId, id)) };
      } catch (error) {
        failures.push(error);
        return [];
      }
    });
    // where one is, a wrong code is a guess at it, and has to count
    if (failures.length && !opened.length) throw failures[0];
    return opened;
  };
  const takeTotp = async (tx: Queryable, userId: string, code: string): Promise<boolean> => {
    for (const { id, secret } of await openSecrets(tx, userId)) {
      const step = findTotpStep(secret, code, now());
      if (step !== undefined && (await takeStep(tx, id, step))) return true;
    }
    return false;
  };
  return {
    async take(tx, user, code) {
      if (code.$case === 'totpCode') {
        if (!(await takeTotp(tx, user.id, code.value))) throw factorCodeInvalid();
      } else {
        if (!(await takeRecoveryCode(tx, user.id, toRecoveryCodeHash(code.value)))) throw factorCodeInvalid();
        await tell(tx, user, 'recovery_code_used');
      }
    },
    async attempt({ userId, ...subject }, work) {
      const counted = await attempts.begin(subject);
      try {
        const result = await work();
        await counted.succeeded();
        return result;
      } catch (error) {
        if (isWrongProof(error)) {
          security.raise('factor_code_refused', { userId });
          counted.failed(userId);
        } else if (isUnseen(error)) await counted.withdrawn();
        throw error;
      }
    },
  };
}
