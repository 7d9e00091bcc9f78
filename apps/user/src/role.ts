/** A role, as the domain knows one: what people may do who have it. */
export interface Role {
  readonly id: string;
  readonly title: string;
  readonly description: string;
  /** Names of permissions, in order, each once. */
  readonly permissions: readonly string[];
  /** What a role that came with Gatehouse always permits; undefined for all others. */
  readonly builtInPermissions: readonly string[] | undefined;
  readonly createTime: Date;
  readonly updateTime: Date;
  /** Counts the changes. */
  readonly revision: number;
}

export type RoleChange = Partial<Pick<Role, 'title' | 'description' | 'permissions'>>;

/** Lets who has it give and take permissions that they do not have themselves. */
const escalate = 'roles.escalate';

/** The permissions that one of two has and the other has not. */
export const differenceOf = (before: readonly string[], after: readonly string[]): readonly string[] => [
  ...before.filter((each) => !after.includes(each)),
  ...after.filter((each) => !before.includes(each)),
];

/** The first of the permissions that somebody would need to give or take all of them, and has not; undefined where they may. */
export const findNotHeld = (held: readonly string[], needed: readonly string[]): string | undefined =>
  held.includes(escalate) ? undefined : needed.find((each) => !held.includes(each));
