import type { NewUser, User } from './user';

/** The questions that UserService asks of the table of people. */
export interface UserRepository {
  findById(id: string): Promise<User | undefined>;
  /** Those of them who are there, in no order. */
  findByIds(ids: readonly string[]): Promise<readonly User[]>;
  /** Without regard to case. */
  findByEmail(email: string): Promise<User | undefined>;
  /** Reads a person, and holds them until the transaction ends: others who would change them wait. */
  lock(id: string): Promise<User | undefined>;
  /**
   * Adds a person; gives undefined when the id is in use.
   * @throws emailTaken, usernameTaken, externalIdTaken
   */
  insert(user: NewUser): Promise<User | undefined>;
  /**
   * Writes a person that is locked as a new revision: `before` is how they were read.
   * @throws emailTaken, usernameTaken, externalIdTaken
   */
  update(user: User, before: User): Promise<User>;
  /** Whether somebody but this person can administer. Who asks holds on to that until the transaction ends: others who ask wait. */
  hasOtherAdministrator(id: string): Promise<boolean>;
  /** Notes when people were seen, unless they were seen later. */
  recordLastSeen(sightings: readonly { readonly userId: string; readonly time: Date }[]): Promise<void>;
}
