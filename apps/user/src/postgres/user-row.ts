import type { ExternalId, Metadata, User } from '../user';

export interface UserRow {
  id: string;
  email: string;
  email_verified: boolean;
  phone: string;
  username: string;
  display_name: string;
  given_name: string;
  family_name: string;
  locale: string;
  time_zone: string;
  picture_url: string;
  public_metadata: Metadata;
  private_metadata: Metadata;
  own_metadata: Metadata;
  external_ids: ExternalId[];
  status: 'active' | 'suspended';
  undelete_status: 'active' | 'suspended' | null;
  roles: string[];
  create_time: Date;
  update_time: Date;
  delete_time: Date | null;
  purge_time: Date | null;
  last_seen_time: Date | null;
  /** bigint, as text */
  revision: string;
}

/** What is selected of `users` to make people of. */
export const userColumns = `id, email, email_verified, phone, username, display_name, given_name, family_name, locale, time_zone, picture_url,
  public_metadata, private_metadata, own_metadata, status, undelete_status, roles, create_time, update_time, delete_time, purge_time, last_seen_time, revision,
  coalesce((select json_agg(json_build_object('provider', provider, 'id', external_id) order by provider collate "C")
    from user_external_ids where user_id = users.id), '[]') as external_ids`;

export const toUser = (row: UserRow): User => ({
  id: row.id,
  email: row.email,
  emailVerified: row.email_verified,
  phone: row.phone,
  username: row.username,
  displayName: row.display_name,
  givenName: row.given_name,
  familyName: row.family_name,
  locale: row.locale,
  timeZone: row.time_zone,
  pictureUrl: row.picture_url,
  publicMetadata: row.public_metadata,
  privateMetadata: row.private_metadata,
  ownMetadata: row.own_metadata,
  externalIds: row.external_ids,
  // who is deleted is suspended to releases that do not know of deletion
  status: row.delete_time ? 'deleted' : row.status,
  undeleteStatus: row.undelete_status ?? undefined,
  roleIds: [...row.roles].sort(),
  createTime: row.create_time,
  updateTime: row.update_time,
  deleteTime: row.delete_time ?? undefined,
  purgeTime: row.purge_time ?? undefined,
  lastSeenTime: row.last_seen_time ?? undefined,
  revision: Number(row.revision),
});
