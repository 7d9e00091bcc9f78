import { createHash, randomBytes } from 'node:crypto';
import { deriveKey, seal, unseal } from '../seal';

// tells scanners of leaked secrets, and people, what it is
const prefix = 'ghr_';

/** A new refresh token: 256 random bits. */
export const makeRefreshToken = (): string => prefix + randomBytes(32).toString('base64url');

/** Whether it looks like one. */
export const isRefreshToken = (token: string): boolean => token.startsWith(prefix);

/** What the database keeps of a token. The token has 256 bits, so one round of SHA-256 is enough. */
export const toTokenHash = (token: string): Buffer => createHash('sha256').update(token).digest();

const successorKey = (presented: string) => deriveKey(Buffer.from(presented), 'gatehouse refresh token successor');

/** Seals a successor so that only who holds the token that it succeeds can open it. */
export const sealSuccessor = (presented: string, successor: string): Buffer => seal(successorKey(presented), Buffer.from(successor), toTokenHash(presented));

/** Opens it again. */
export const unsealSuccessor = (presented: string, sealed: Uint8Array): string => unseal(successorKey(presented), sealed, toTokenHash(presented)).toString();
