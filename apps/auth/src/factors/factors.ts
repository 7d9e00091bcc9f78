import type { Database } from '@gatehouse/postgres';
import type { Notices } from '../mail/notices';
import type { Passwords } from '../passwords/passwords';
import type { People } from '../people';
import type { SecurityEvents } from '../security-events';
import type { KeyRing } from '../seal';
import type { Sessions } from '../sessions/sessions';
import type { AccessTokens } from '../tokens/access-tokens';
import { createCompleteLogin } from './complete-login';
import { createEnrolment } from './enrolment';
import { createFactorCodes } from './factor-codes';
import type { Attempts } from '../attempts/attempts';
import { createFactorService } from './factor-service';
import type { RequireFreshFactor } from './fresh-factor';
import { createStepUp } from './step-up';
import { createFactorTeller } from './told';

export interface FactorsOptions {
  database: Database;
  people: People;
  passwords: Passwords;
  sessions: Sessions;
  accessTokens: AccessTokens;
  security: SecurityEvents;
  keyRing: KeyRing;
  requireFreshFactor: RequireFreshFactor;
  /** What authenticator apps call the installation. */
  issuer: string;
  attempts: Pick<Attempts, 'begin'>;
  notices: Pick<Notices, 'tell'>;
  /** Milliseconds since the epoch. */
  now?: () => number;
}

/** FactorService, and what it stands on. */
export function createFactors({ issuer, keyRing, attempts, notices, now = Date.now, ...parts }: FactorsOptions) {
  const tell = createFactorTeller({ security: parts.security, notices });
  const codes = createFactorCodes({ keyRing, security: parts.security, tell, attempts, now });
  return createFactorService({
    enrolment: createEnrolment({ ...parts, keyRing, issuer, tell, now }),
    completeLogin: createCompleteLogin({ ...parts, codes }),
    stepUp: createStepUp({ ...parts, codes }),
  });
}
