import { validationFailed } from '@gatehouse/contracts/api';
import { descriptorSet, type ImportRow as ImportRowMessage, User as UserMessage, UserStatus } from '@gatehouse/contracts/user';
import type { AppError, FieldViolation } from '@gatehouse/errors';
import { createMessageCheck } from '@gatehouse/rpc';
import type { ImportOptions } from './import';
import { emailKey, externalIdKey, type ImportKey } from './import-keys';
import { profileFaultsOf } from './profile-rules';
import type { Metadata, UserChange } from './user';
import { readUserChange } from './user-change';

/** A row of an import as it is understood. */
export interface ImportRow {
  readonly number: bigint;
  /** By which the person is found. */
  readonly key: ImportKey;
  /** What the row says of the person; what it does not say stays as it is. */
  readonly change: UserChange & { readonly status?: 'active' | 'suspended' };
}

/** A row that no one can be made of, and why. */
export interface UnreadableRow {
  readonly number: bigint;
  readonly error: AppError;
}

/** Gives what reads rows: each held to the rules of a person, and to those of the import. */
export function createRowReader(): (row: ImportRowMessage, options: ImportOptions) => ImportRow | UnreadableRow {
  const check = createMessageCheck(descriptorSet, 'gatehouse.user.v1.User', UserMessage);
  return ({ number, user }, { matchProvider }) => {
    const unreadable = (...violations: FieldViolation[]) => ({ number, error: validationFailed({ violations }) });
    if (!user) return unreadable({ field: '', description: 'the row has no user', reason: 'required' });
    const violations = check(user);
    if (violations.length) return unreadable(...violations);
    const profile = readUserChange(user, [], { withPrivateMetadata: true });
    const change = { ...profile, ...toStored(profile) };
    const faults = profileFaultsOf(change, '');
    if (faults.length) return unreadable(...faults);
    if (!statuses.has(user.status)) return unreadable({ field: 'status', description: 'must be active or suspended, where it is there', reason: 'enum.in' });
    const status = statuses.get(user.status);
    const key = matchProvider ? findExternalIdKey(change, matchProvider) : change.email && emailKey(change.email);
    if (key) return { number, key, change: status ? { ...change, status } : change };
    return matchProvider
      ? unreadable({ field: 'externalIds', description: `must have an id of ${matchProvider}, by which the import finds people`, reason: 'required' })
      : unreadable({ field: 'email', description: 'value is required: the import finds people by it', reason: 'required' });
  };
}

const statuses: ReadonlyMap<UserStatus, 'active' | 'suspended' | undefined> = new Map([
  [UserStatus.USER_STATUS_UNSPECIFIED, undefined],
  [UserStatus.USER_STATUS_ACTIVE, 'active'],
  [UserStatus.USER_STATUS_SUSPENDED, 'suspended'],
]);

function findExternalIdKey({ externalIds = [] }: UserChange, matchProvider: string): ImportKey | undefined {
  const found = externalIds.find(({ provider }) => provider === matchProvider);
  return found && externalIdKey(found);
}

/** Metadata as it comes back from the database: JSON has no infinity, and no negative zero. */
function toStored(change: UserChange): UserChange {
  const stored: Partial<Record<(typeof metadataFields)[number], Metadata>> = {};
  for (const field of metadataFields) if (change[field]) stored[field] = JSON.parse(JSON.stringify(change[field]));
  return stored;
}
const metadataFields = ['publicMetadata', 'privateMetadata', 'ownMetadata'] as const;
