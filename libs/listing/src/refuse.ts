import { validationFailed } from '@gatehouse/contracts/api';

/**
 * Refuses a field of a List request. What the caller wrote is not repeated, only where it stands: it may be personal.
 * @param field its JSON name: `filter`, `orderBy`
 * @param reason of the violation: `filter.syntax`
 * @param at where in the field it is, in UTF-16 units counted from 0; the caller reads it counted from 1
 * @throws validationFailed (INVALID_ARGUMENT), with one violation
 */
export function refuse(field: string, reason: string, at: number | undefined, what: string): never {
  const description = at === undefined ? what : `at character ${at + 1}: ${what}`;
  throw validationFailed({ violations: [{ field, description, reason }] });
}
