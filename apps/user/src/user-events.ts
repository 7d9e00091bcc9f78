import { cursorExpired, UserChange as UserChangeMessage, UserChangeKind as Kind } from '@gatehouse/contracts/user';
import { createOutbox, type OutboxEvent } from '@gatehouse/outbox';
import type { Queryable } from '@gatehouse/postgres';
import type { Role } from './role';
import type { User } from './user';
import { statuses } from './user-message';

/** What can happen to a person, with its kind in the contract. */
const kinds = {
  created: Kind.USER_CHANGE_KIND_CREATED,
  updated: Kind.USER_CHANGE_KIND_UPDATED,
  suspended: Kind.USER_CHANGE_KIND_SUSPENDED,
  reinstated: Kind.USER_CHANGE_KIND_REINSTATED,
  deleted: Kind.USER_CHANGE_KIND_DELETED,
  undeleted: Kind.USER_CHANGE_KIND_UNDELETED,
  purged: Kind.USER_CHANGE_KIND_PURGED,
  rolesSet: Kind.USER_CHANGE_KIND_ROLES_SET,
} as const;

export type UserHappening = keyof typeof kinds;

/** What is told of a person after a change. */
export interface ChangedUser extends Pick<User, 'id' | 'revision' | 'status'> {
  /** When it happened. */
  readonly updateTime: Date;
}

// appending needs none of the settings of an outbox
const outbox = createOutbox({ cursorExpired });

/**
 * Tells followers what happened to people, if the transaction commits; by one statement, however many they are. Every write of a
 * person calls it once for each change. Of who was purged, `user` has the revision after their last one.
 */
export const appendUserChanges = (tx: Queryable, changes: readonly { readonly happening: UserHappening; readonly user: ChangedUser }[]): Promise<void> =>
  outbox.append(
    tx,
    changes.map(({ happening, user: { id, revision, status, updateTime: time } }) => ({
      type: `user.${happening}`,
      subject: id,
      payload: encode({ kind: kinds[happening], revision: BigInt(revision), status: statuses[status], time }),
    })),
  );

/** Tells followers that a role permits something else now, or is gone. */
export const appendRoleChange = (tx: Queryable, { id: roleId }: Pick<Role, 'id'>): Promise<void> =>
  outbox.append(tx, [{ type: 'role.changed', payload: encode({ kind: Kind.USER_CHANGE_KIND_ROLE_CHANGED, roleId }) }]);

/** What an event says. Who it is about stands beside its payload, and of a role's change so does the time. */
export function toUserChange({ subject = '', payload, createTime }: Pick<OutboxEvent, 'subject' | 'payload' | 'createTime'>): UserChangeMessage {
  const change = UserChangeMessage.decode(payload);
  return { ...change, userId: subject, time: change.time ?? createTime };
}

/** What a change of a person is to others: of one that does several things at once the one that says most, the status before the roles. */
export function toHappening(before: Pick<User, 'status' | 'roleIds'>, after: Pick<User, 'status' | 'roleIds'>): UserHappening {
  if (before.status !== after.status) {
    if (after.status === 'deleted') return 'deleted';
    if (before.status === 'deleted') return 'undeleted';
    return after.status === 'suspended' ? 'suspended' : 'reinstated';
  }
  return before.roleIds.join() === after.roleIds.join() ? 'updated' : 'rolesSet';
}

const encode = (change: Partial<UserChangeMessage>): Uint8Array => UserChangeMessage.encode(UserChangeMessage.fromPartial(change)).finish();
