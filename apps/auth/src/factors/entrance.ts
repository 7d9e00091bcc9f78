import { FactorType, type LoginResponse } from '@gatehouse/contracts/auth';
import type { Transaction } from '@gatehouse/postgres';
import { randomBytes } from 'node:crypto';
import type { Person } from '../people';
import type { HeldEntrant } from '../postgres/credential-repository';
import { insertLoginToken } from '../postgres/login-token-repository';
import { countRecoveryCodes } from '../postgres/recovery-code-repository';
import type { Entry } from '../sessions/entry';
import { toTokenHash } from '../sessions/refresh-token';
import type { OpenSession, Sessions } from '../sessions/sessions';

/** A login that waits for the code of a second factor. */
export interface HalfLogin {
  readonly loginToken: string;
  readonly factorTypes: FactorType[];
}

/** The one way in by a password: every method that takes one as the proof of who somebody is goes through it. */
export interface Entrance {
  /**
   * Opens a session, or, for who has a second factor, gives a token that CompleteLogin opens it with. In the caller's transaction, which
   * holds the person; undefined where one was added while they were waited for. @throws as Sessions.open
   */
  enter(tx: Transaction, person: Person, entry: Entry, held: HeldEntrant): Promise<OpenSession | HalfLogin | undefined>;
  /** What the person is answered, once that transaction is committed. */
  toAnswer(entered: OpenSession | HalfLogin, person: Person): Promise<Partial<LoginResponse> & Pick<LoginResponse, 'factorTypes'>>;
}

// tells scanners of leaked secrets, and people, what it is
const prefix = 'ghl_';

/** @param lifetimeSeconds how long a login waits for the code */
export function createEntrance({ sessions, lifetimeSeconds }: { sessions: Sessions; lifetimeSeconds: number }): Entrance {
  return {
    async enter(tx, person, entry, { hasFactor }) {
      if (!hasFactor) return sessions.openByPassword(tx, person, entry);
      const userId = person.user.id;
      const { deviceId, isDeviceKnown } = entry;
      const loginToken = prefix + randomBytes(32).toString('base64url');
      const isAdded = await insertLoginToken(tx, { hash: toTokenHash(loginToken), userId, deviceId, isDeviceKnown, lifetimeSeconds });
      if (!isAdded) throw new Error('somebody without a password is let in by one');
      const hasRecoveryCodes = (await countRecoveryCodes(tx, userId)) > 0;
      return { loginToken, factorTypes: [FactorType.FACTOR_TYPE_TOTP, ...(hasRecoveryCodes ? [FactorType.FACTOR_TYPE_RECOVERY_CODE] : [])] };
    },
    async toAnswer(entered, person) {
      if ('loginToken' in entered) return { verificationRequired: false, factorRequired: true, ...entered };
      return { user: person.user, verificationRequired: false, factorTypes: [], ...(await sessions.toTokens(entered, person)) };
    },
  };
}
