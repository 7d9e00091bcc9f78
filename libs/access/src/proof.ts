import { type Proof, stepUpRequired } from '@gatehouse/contracts/api';

/** How well people prove who they are, the weakest first (NIST SP 800-63B §4): by a password alone, and by a second factor besides. */
const levels = ['aal1', 'aal2'] as const;
/** A value of `acr` (RFC 9068 §2.2.1). */
export type AssuranceLevel = (typeof levels)[number];

/** Whether a proof is as strong as another one. What is none of ours is weaker than all. */
const isAsStrong = (acr: string, asked: string): boolean => levels.indexOf(acr as AssuranceLevel) >= levels.indexOf(asked as AssuranceLevel);

export const isAssuranceLevel = (acr: string): acr is AssuranceLevel => levels.includes(acr as AssuranceLevel);

/**
 * Demands the proof that a rule asks for.
 * @param now milliseconds since the epoch
 * @throws stepUpRequired, which says what is asked for (RFC 9470 §3)
 */
export function requireProof(has: { readonly acr: string; readonly authTime: number }, { acr, maxAge }: Pick<Proof, 'acr' | 'maxAge'>, now: number): void {
  const isFresh = !maxAge || now / 1000 - has.authTime <= maxAge;
  const asked = acr || levels[0];
  if (!isFresh || !isAsStrong(has.acr, asked)) throw stepUpRequired({ acr: asked, max_age: maxAge ? String(maxAge) : '' });
}
