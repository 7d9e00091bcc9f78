import { Role as RoleMessage, type User as UserMessage, UserStatus as UserStatusMessage } from '@gatehouse/contracts/user';
import { etagOf, type Metadata, type User, type UserStatus } from './user';

export const statuses: Readonly<Record<UserStatus, UserStatusMessage>> = {
  active: UserStatusMessage.USER_STATUS_ACTIVE,
  suspended: UserStatusMessage.USER_STATUS_SUSPENDED,
  deleted: UserStatusMessage.USER_STATUS_DELETED,
};
// callers of the first release know these alone
const builtInRoles: Readonly<Record<string, RoleMessage>> = { member: RoleMessage.ROLE_MEMBER, admin: RoleMessage.ROLE_ADMIN };

const toStruct = (metadata: Metadata) => (Object.keys(metadata).length ? { ...metadata } : undefined);

/** A person, as the contract tells of one; their private metadata only to who may read it. */
export const toUserMessage = (user: User, { withPrivateMetadata }: { withPrivateMetadata: boolean }): UserMessage => ({
  id: user.id,
  email: user.email,
  emailVerified: user.emailVerified,
  phone: user.phone,
  username: user.username,
  displayName: user.displayName,
  givenName: user.givenName,
  familyName: user.familyName,
  locale: user.locale,
  timeZone: user.timeZone,
  pictureUrl: user.pictureUrl,
  publicMetadata: toStruct(user.publicMetadata),
  privateMetadata: withPrivateMetadata ? toStruct(user.privateMetadata) : undefined,
  ownMetadata: toStruct(user.ownMetadata),
  externalIds: user.externalIds.map(({ provider, id }) => ({ provider, id })),
  status: statuses[user.status],
  roles: user.roleIds.flatMap((id) => builtInRoles[id] ?? []),
  roleIds: [...user.roleIds],
  createTime: user.createTime,
  updateTime: user.updateTime,
  deleteTime: user.deleteTime,
  purgeTime: user.purgeTime,
  lastSeenTime: user.lastSeenTime,
  etag: etagOf(user),
  revision: BigInt(user.revision),
});
