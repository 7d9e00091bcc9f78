import type { User } from '@gatehouse/contracts/user';
import type { Transaction } from '@gatehouse/postgres';
import type { PasswordChanges } from '../passwords/password-changes';
import type { PasswordField } from '../passwords/password-policy';

/**
 * Does what takes long about a new password, before any transaction; what it gives sets it, in the caller's transaction. `field` is the
 * name of the request's field that holds it. Throws as PasswordChanges.prepare.
 */
export type PrepareSetPassword = (
  user: Pick<User, 'id' | 'email' | 'displayName' | 'locale'>,
  password: string,
  field: PasswordField,
) => Promise<(tx: Transaction) => Promise<void>>;

/** How who proved their email by a mail gets a password, in the place of one they may have. */
export const createPrepareSetPassword =
  (changes: Pick<PasswordChanges, 'prepare' | 'set'>): PrepareSetPassword =>
  async (user, password, field) => {
    const prepared = await changes.prepare(user.id, user, password, field);
    return (tx) => changes.set(tx, prepared);
  };
