import { validationFailed } from '@gatehouse/contracts/api';
import type { UpdateUserRequest } from '@gatehouse/contracts/user';
import type { UserChange } from './user';

/**
 * What a request changes: the fields that its mask names, or without a mask those that have a value (AIP-134).
 * @throws validationFailed when it would leave the person without an email
 */
export function readUserChange({ user, updateMask = [] }: UpdateUserRequest): UserChange {
  const { email, displayName } = user!;
  const isNamed = (path: string, value: string) => (updateMask.length ? updateMask.includes(path) || updateMask.includes('*') : value !== '');
  const isEmailNamed = isNamed('email', email);
  if (isEmailNamed && !email) throw validationFailed({ violations: [{ field: 'user.email', description: 'value is required', reason: 'required' }] });
  return { ...(isEmailNamed && { email }), ...(isNamed('display_name', displayName) && { displayName }) };
}
