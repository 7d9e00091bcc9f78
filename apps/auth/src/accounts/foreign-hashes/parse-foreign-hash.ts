import { readArgon2 } from './argon2';
import { readBcrypt } from './bcrypt';
import { readFirebaseScrypt } from './firebase-scrypt';
import { type ForeignHash, type HashRefusal, type ReadForeignHash, unsupported } from './foreign-hash';
import { readPbkdf2 } from './pbkdf2';
import { readSaltedSha } from './salted-sha';
import { readScrypt } from './scrypt';

const families: readonly ReadForeignHash[] = [readBcrypt, readArgon2, readScrypt, readFirebaseScrypt, readPbkdf2, readSaltedSha];
const maxChars = 1_024;

/** Reads a password hash of another system, by the way it begins; gives why not where it is in no form that is known, or costs more than a login may. */
export function parseForeignHash(text: string): ForeignHash | HashRefusal {
  if (text.length > maxChars) return unsupported(`is longer than ${maxChars} characters`);
  for (const read of families) {
    const result = read(text);
    if (result) return result;
  }
  return unsupported('begins like no form that is known: docs/auth-import.md lists them');
}
