import { type Principal, requireProof } from '@gatehouse/access';
import type { Database } from '@gatehouse/postgres';
import { countConfirmedFactors } from '../postgres/factor-repository';

export type PersonCalling = Principal & { kind: 'user' };

// what the contract asks of who has no second factor
const proofSeconds = 600;

/**
 * Demands of who has a second factor that they proved it at most ten minutes ago; gives how many they have. For whatever decides who gets
 * in later: a session that a password alone opened, or that somebody else holds now, does not do (OWASP ASVS 5.0 V7.5.1).
 * @throws stepUpRequired
 */
export type RequireFreshFactor = (caller: PersonCalling) => Promise<number>;

/** @param now milliseconds since the epoch */
export const createRequireFreshFactor =
  ({ database, now }: { database: Database; now: () => number }): RequireFreshFactor =>
  async (caller) => {
    const count = await countConfirmedFactors(database, caller.id);
    if (count) requireProof(caller, { acr: 'aal2', maxAge: proofSeconds }, now());
    return count;
  };
