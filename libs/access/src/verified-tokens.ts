import { createHash } from 'node:crypto';
import type { CryptoKey } from 'jose';
import type { Principal } from './principal';
import type { TokenMarks } from './revocation-entries';

/** What a token was found to say, and the key that it was verified with. */
export interface VerifiedToken {
  readonly kid: string;
  readonly key: CryptoKey;
  readonly principal: Exclude<Principal, { kind: 'anonymous' }>;
  /** By which it may be revoked. */
  readonly marks: TokenMarks;
}

export interface VerifiedTokens {
  /** What the token says, if it was verified before and has not expired. */
  find(token: string): VerifiedToken | undefined;
  add(token: string, verified: VerifiedToken): void;
}

/**
 * Remembers verified tokens until they expire, at most `max` of them, the oldest leaving first. A token is known by its
 * hash, so that memory holds none.
 */
export function createVerifiedTokens({ max, now }: { max: number; now: () => number }): VerifiedTokens {
  const tokens = new Map<string, VerifiedToken>();
  const toKey = (token: string) => createHash('sha256').update(token).digest('base64');
  return {
    find(token) {
      const key = toKey(token);
      const verified = tokens.get(key);
      if (!verified || now() < verified.principal.expiresAt * 1000) return verified;
      tokens.delete(key);
      return undefined;
    },
    add(token, verified) {
      tokens.set(toKey(token), verified);
      if (tokens.size > max) tokens.delete(tokens.keys().next().value!);
    },
  };
}
