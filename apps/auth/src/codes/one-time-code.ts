import { createHash, createHmac, type KeyObject, randomBytes, randomInt } from 'node:crypto';

/** What a code is good for; for anything else it is nothing. */
export type CodePurpose = 'sign_up' | 'verify_email' | 'reset_password' | 'change_email' | 'invitation';

/** What was asked for. */
export interface CodeData {
  /** Where it goes to, and what it proves. */
  readonly email: string;
  readonly displayName?: string;
  /** Of a sign-up. */
  readonly passwordHash?: string;
  /** Of a change: the email before it. */
  readonly oldEmail?: string;
  /** Of a resend: the sign-up that is meant. */
  readonly signUpId?: string;
  /** Of a sign-up that was mailed again: the ids that it had before, by which it is still asked for. */
  readonly formerIds?: readonly string[];
  /** Of who asked for it, for mails to somebody whose own is not known. */
  readonly language?: string;
}

/** What goes into a mail. */
export interface CodeSecrets {
  /** 256 random bits, for a link. */
  readonly token: string;
  /** Eight digits, for typing. */
  readonly code: string;
}

/** What somebody presents: the token of a link, or digits with the id that they were given. */
export interface Proof {
  readonly token: string;
  readonly id: string;
  readonly code: string;
}

// tells scanners of leaked secrets, and people, what it is
const prefix = 'ghc_';

export const makeCodeSecrets = (): CodeSecrets => ({
  token: prefix + randomBytes(32).toString('base64url'),
  code: String(randomInt(100_000_000)).padStart(8, '0'),
});

/** What the database keeps of a token, which has 256 bits: one round of SHA-256 is enough. */
export const toTokenHash = (token: string): Buffer => createHash('sha256').update(token.trim()).digest();

/** What the database keeps of the digits, which are few: without the key nobody who has the database finds them by trying. */
export const toCodeHash = (key: KeyObject, id: string, code: string): Buffer =>
  createHmac('sha256', key)
    .update(`${id} ${code.replace(/[\s-]/g, '')}`)
    .digest();

/** By what the database knows an email, which is ASCII by its rule. */
export const toEmailHash = (key: KeyObject, email: string): Buffer => createHmac('sha256', key).update(email.toLowerCase()).digest();

/** Whether two emails are the same to `user`. */
export const isSameEmail = (one: string, other: string): boolean => one.toLowerCase() === other.toLowerCase();

/** An id that is the same for the same parts, and that nobody knows without the key: a repeated request finds what the first one wrote. */
export function toRepeatableId(key: KeyObject, parts: readonly string[]): string {
  const hex = createHmac('sha256', key).update(JSON.stringify(parts)).digest('hex');
  // a UUID of version 8, whose bits are the application's own (RFC 9562 §5.8)
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
