/** A person, as the domain knows one. */
export interface User {
  /** UUID version 7. */
  readonly id: string;
  /** In canonical form; unique without regard to case. */
  readonly email: string;
  readonly displayName: string;
  readonly status: UserStatus;
  readonly roles: readonly Role[];
  readonly createTime: Date;
  readonly updateTime: Date;
  /** Counts the changes. */
  readonly revision: number;
}

export type UserStatus = 'active' | 'suspended';
export type Role = 'member' | 'admin';

/** What a person is before the database has seen them. */
export type NewUser = Pick<User, 'id' | 'email' | 'displayName' | 'roles'>;

/** What shall be changed of a person; what is left out stays as it is. */
export type UserChange = Partial<Pick<User, 'email' | 'displayName'>>;

const permissions: Readonly<Record<Role, readonly string[]>> = {
  member: [],
  admin: ['users.create', 'users.read', 'users.update'],
};

/** What a person's roles permit, each once, in order. */
export const permissionsOf = ({ roles }: Pick<User, 'roles'>): readonly string[] => [...new Set(roles.flatMap((role) => permissions[role]))].sort();

/** Changes whenever the person does. */
export const etagOf = ({ revision }: Pick<User, 'revision'>): string => `"${revision}"`;

/** The revision that an etag stands for; 0, which no person has, for one that etagOf did not give. */
export const toRevision = (etag: string): number => Number(/^"([1-9]\d{0,14})"$/.exec(etag)?.[1] ?? 0);

const defaultPageSize = 50;
const maxPageSize = 200;

/** The size of the page that is given for one that is asked for (AIP-158). */
export const toPageSize = (asked: number): number => Math.min(asked || defaultPageSize, maxPageSize);
