import { emailTaken, externalIdTaken, usernameTaken } from '@gatehouse/contracts/user';
import type { AppError } from '@gatehouse/errors';
import type { ExternalId, Profile } from './user';

/** What names one person and no other, in the form in which it is compared. */
export type ImportKey = string;

// a provider has no spaces
export const emailKey = (email: string): ImportKey => `email ${email.toLowerCase()}`;
const usernameKey = (username: string): ImportKey => `username ${username.toLowerCase()}`;
export const externalIdKey = ({ provider, id }: ExternalId): ImportKey => `external ${provider} ${id}`;

/** Everything by which a profile names its person. */
export const keysOf = ({ email, username, externalIds }: Partial<Profile>): readonly ImportKey[] => [
  ...(email ? [emailKey(email)] : []),
  ...(username ? [usernameKey(username)] : []),
  ...(externalIds ?? []).map(externalIdKey),
];

/** That a key is somebody else's. */
export const takenError = (key: ImportKey): AppError =>
  key.startsWith('email ') ? emailTaken() : key.startsWith('username ') ? usernameTaken() : externalIdTaken();
