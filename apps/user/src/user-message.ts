import { Role as RoleMessage, type User as UserMessage, UserStatus as UserStatusMessage } from '@gatehouse/contracts/user';
import { etagOf, type Role, type User, type UserStatus } from './user';

const statuses: Readonly<Record<UserStatus, UserStatusMessage>> = {
  active: UserStatusMessage.USER_STATUS_ACTIVE,
  suspended: UserStatusMessage.USER_STATUS_SUSPENDED,
};
const roles: Readonly<Record<Role, RoleMessage>> = { member: RoleMessage.ROLE_MEMBER, admin: RoleMessage.ROLE_ADMIN };

/** A person, as the contract tells of one. */
export const toUserMessage = (user: User): UserMessage => ({
  id: user.id,
  email: user.email,
  displayName: user.displayName,
  status: statuses[user.status],
  roles: user.roles.map((role) => roles[role]),
  createTime: user.createTime,
  updateTime: user.updateTime,
  etag: etagOf(user),
});
