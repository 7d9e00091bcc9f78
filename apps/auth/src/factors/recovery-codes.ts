import { createHash, randomBytes } from 'node:crypto';

const recoveryCodeCount = 10;

// Crockford's base32 has no letters that look like digits
const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';
// 120 bits: from 112 on one round of a hash is enough (OWASP ASVS 5.0 V6.5.2)
const characters = 24;

/** New recovery codes of 120 random bits each: `x3v0-9k2m-7qjd-a1fw-m4tz-08yk`. */
export const makeRecoveryCodes = (): readonly string[] => Array.from({ length: recoveryCodeCount }, makeOne);

function makeOne(): string {
  // of each byte the five bits that make a character
  const text = Array.from(randomBytes(characters), (byte) => alphabet[byte & 31]).join('');
  return text.replace(/(.{4})(?=.)/g, '$1-');
}

/**
 * What the database keeps of a code, however it is typed. Nobody can try 2^120 codes, so one round of SHA-256 is enough: what slows guessing
 * down is for what people choose.
 */
export function toRecoveryCodeHash(code: string): Buffer {
  const typed = code.toLowerCase().replace(/[\s-]/g, '').replace(/o/g, '0').replace(/[il]/g, '1');
  return createHash('sha256').update(typed).digest();
}
