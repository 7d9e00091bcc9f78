import type { NewUser, User, UserChange } from './user';

/** The questions that UserService asks. */
export interface UserRepository {
  findById(id: string): Promise<User | undefined>;
  /** Without regard to case. */
  findByEmail(email: string): Promise<User | undefined>;
  /** At most `limit` people after an id, in the order of ids. */
  list(limit: number, afterId: string | undefined): Promise<readonly User[]>;
  /**
   * Adds a person; gives undefined when the id is in use.
   * @throws emailTaken
   */
  insert(user: NewUser): Promise<User | undefined>;
  /**
   * Changes a person if it makes a difference, and only the given revision if there is one; gives undefined when nothing was
   * changed.
   * @throws emailTaken
   */
  update(id: string, change: UserChange, revision: number | undefined): Promise<User | undefined>;
  /**
   * Adds the person, or makes the one with this email and id an active administrator. What is so already stays untouched.
   * @throws emailTaken when the one with this email has another id
   */
  ensureAdministrator(user: NewUser): Promise<User>;
}
