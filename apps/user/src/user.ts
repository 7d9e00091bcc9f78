/** A person, as the domain knows one. */
export interface User extends Profile {
  /** UUID version 7. */
  readonly id: string;
  readonly status: UserStatus;
  /** What the status of a deleted person is again once they are undeleted. */
  readonly undeleteStatus: Exclude<UserStatus, 'deleted'> | undefined;
  /** The ids of the roles they have, in order. */
  readonly roleIds: readonly string[];
  readonly createTime: Date;
  readonly updateTime: Date;
  /** When they were deleted, and will be purged; both or none. */
  readonly deleteTime: Date | undefined;
  readonly purgeTime: Date | undefined;
  readonly lastSeenTime: Date | undefined;
  /** Counts the changes. */
  readonly revision: number;
}

/** What is told of a person, and can be changed by an update. Text that is not known is empty. */
export interface Profile {
  /** In canonical form; unique without regard to case. */
  readonly email: string;
  readonly emailVerified: boolean;
  /** E.164 */
  readonly phone: string;
  /** Unique without regard to case. */
  readonly username: string;
  readonly displayName: string;
  readonly givenName: string;
  readonly familyName: string;
  /** BCP 47 */
  readonly locale: string;
  /** IANA */
  readonly timeZone: string;
  readonly pictureUrl: string;
  readonly publicMetadata: Metadata;
  readonly privateMetadata: Metadata;
  readonly ownMetadata: Metadata;
  /** One a provider, in the order of these. */
  readonly externalIds: readonly ExternalId[];
}

/** A JSON object. */
export type Metadata = Readonly<Record<string, unknown>>;

export interface ExternalId {
  readonly provider: string;
  readonly id: string;
}

export type UserStatus = 'active' | 'suspended' | 'deleted';

/** What a person is before the database has seen them. */
export type NewUser = Pick<User, 'id' | 'roleIds'> & Profile;

/** What shall be changed of a person; what is left out stays as it is. */
export type UserChange = Partial<Profile>;

/** A profile of which nothing is known. */
export const emptyProfile: Profile = {
  email: '',
  emailVerified: false,
  phone: '',
  username: '',
  displayName: '',
  givenName: '',
  familyName: '',
  locale: '',
  timeZone: '',
  pictureUrl: '',
  publicMetadata: {},
  privateMetadata: {},
  ownMetadata: {},
  externalIds: [],
};

/** The built-in roles: that of everybody who signs up, and that of who administers. */
export const member = 'member';
export const administrator = 'admin';

/** Changes whenever what has it does. */
export const etagOf = ({ revision }: Pick<User, 'revision'>): string => `"${revision}"`;

/** Whether a person can administer now. */
export const isAdministrator = ({ roleIds, status }: Pick<User, 'roleIds' | 'status'>): boolean => status === 'active' && roleIds.includes(administrator);

/** A person after a change of their profile: a new email is not verified, unless that is said with it. */
export const withChange = (user: User, change: UserChange): User => ({
  ...user,
  ...(change.email !== undefined && change.email !== user.email && { emailVerified: false }),
  ...change,
});
