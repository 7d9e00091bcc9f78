import { validationFailed } from '@gatehouse/contracts/api';
import type { User as UserMessage } from '@gatehouse/contracts/user';
import { emptyProfile, type ExternalId, type Profile, type UserChange } from './user';

/** Each field of a profile, with its name in a field mask. */
const fields: readonly (readonly [path: string, field: keyof Profile])[] = [
  ['email', 'email'],
  ['email_verified', 'emailVerified'],
  ['phone', 'phone'],
  ['username', 'username'],
  ['display_name', 'displayName'],
  ['given_name', 'givenName'],
  ['family_name', 'familyName'],
  ['locale', 'locale'],
  ['time_zone', 'timeZone'],
  ['picture_url', 'pictureUrl'],
  ['public_metadata', 'publicMetadata'],
  ['private_metadata', 'privateMetadata'],
  ['own_metadata', 'ownMetadata'],
  ['external_ids', 'externalIds'],
];

/** What people may change of themselves. */
const ownFields: ReadonlySet<keyof Profile> = new Set(['displayName', 'givenName', 'familyName', 'locale', 'timeZone', 'pictureUrl', 'ownMetadata']);

type ProfileMessage = Pick<UserMessage, keyof Profile>;

/** The profile that a message has, whichever request it is in. */
export const toProfile = (message: ProfileMessage): Profile =>
  ({ ...emptyProfile, ...Object.fromEntries(fields.map(([, field]) => [field, toValue(field, message)])) }) satisfies Profile;

/**
 * What a request changes: the fields that its mask names, or without a mask those that have a value (AIP-134). Who is not told
 * private metadata cannot give it back: to them "*" does not stand for it.
 * @throws validationFailed when it would leave the person without an email
 */
export function readUserChange(
  user: ProfileMessage,
  updateMask: readonly string[] = [],
  { withPrivateMetadata }: { withPrivateMetadata: boolean },
): UserChange {
  const isInAll = (field: keyof Profile) => updateMask.includes('*') && (withPrivateMetadata || field !== 'privateMetadata');
  const isNamed = (path: string, field: keyof Profile) => (updateMask.length ? updateMask.includes(path) || isInAll(field) : hasValue(user[field]));
  const change: UserChange = Object.fromEntries(fields.filter(([path, field]) => isNamed(path, field)).map(([, field]) => [field, toValue(field, user)]));
  if (change.email === '') throw validationFailed({ violations: [{ field: 'user.email', description: 'value is required', reason: 'required' }] });
  return change;
}

/** The fields of a change that people may not change of themselves. */
export const othersFieldsOf = (change: UserChange): readonly (keyof Profile)[] =>
  (Object.keys(change) as (keyof Profile)[]).filter((field) => !ownFields.has(field));

const hasValue = (value: unknown): boolean => (Array.isArray(value) ? value.length > 0 : Boolean(value));

function toValue(field: keyof Profile, message: ProfileMessage): unknown {
  const value = message[field];
  if (field !== 'externalIds') return value ?? emptyProfile[field];
  return (value as readonly ExternalId[]).map(({ provider, id }) => ({ provider, id })).sort((a, b) => (a.provider < b.provider ? -1 : 1));
}
