import { parseForeignHash } from './parse-foreign-hash';

// ours begin with $: what another system hashed is never taken for one of them, Argon2's own included
const mark = 'imported:';

/** What is kept of a foreign hash in the place of one of ours. */
export const toStoredHash = (foreignHash: string): string => `${mark}${foreignHash}`;

/** Whether another system made what is kept. */
export const isForeignHash = (stored: string | undefined): stored is string => stored?.startsWith(mark) ?? false;

/**
 * Whether one of the ways to write a password is that of a hash that another system made. Its bounds are looked at again: nothing that the
 * database holds makes a login take more.
 */
export async function verifyForeignHash(stored: string, passwords: Iterable<string>): Promise<boolean> {
  const hash = parseForeignHash(stored.slice(mark.length));
  if ('refusal' in hash) return false;
  for (const password of passwords) if (await hash.matches(password)) return true;
  return false;
}
