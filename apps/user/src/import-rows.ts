import type { Principal } from '@gatehouse/access';
import { validationFailed } from '@gatehouse/contracts/api';
import { emailTaken, externalIdTaken, lastAdministrator, userDeleted } from '@gatehouse/contracts/user';
import { type AppError, isAppError } from '@gatehouse/errors';
import { isDeepStrictEqual } from 'node:util';
import { v7 as uuidv7 } from 'uuid';
import { requireHeld, requireLetInByOthers } from './change-user';
import type { ImportedProfile, ImportedUser, ImportOptions, ImportOutcome } from './import';
import { type ImportKey, keysOf, takenError } from './import-keys';
import type { ImportRepository } from './import-repository';
import type { ImportRow, UnreadableRow } from './import-row';
import type { RoleRepository } from './role-repository';
import { emptyProfile, isAdministrator, withChange } from './user';
import { type ChangedUser, toHappening, type UserHappening } from './user-events';
import type { UserRepository } from './user-repository';

/** What came of a row. */
export interface RowResult {
  readonly number: bigint;
  readonly outcome: ImportOutcome;
  /** Empty where it failed. */
  readonly userId: string;
  readonly error?: AppError;
}

export interface ImportQuestions {
  readonly imports: ImportRepository;
  readonly users: Pick<UserRepository, 'hasOtherAdministrator'>;
  readonly roles: Pick<RoleRepository, 'permissionsOf'>;
  /** Tells followers what happened to people. */
  readonly tell: (changes: readonly { readonly happening: UserHappening; readonly user: ChangedUser }[]) => Promise<void>;
}

/**
 * Does in a transaction what rows say, as if one came after the other: everybody whom they concern is read and held first, what
 * becomes of each row is decided here, and what is written is written together.
 * @throws ImportRace
 */
export async function importRows(
  { imports, users, roles, tell }: ImportQuestions,
  rows: readonly (ImportRow | UnreadableRow)[],
  { options, principal }: { options: ImportOptions; principal: Principal },
): Promise<readonly RowResult[]> {
  const people = new Map<string, ImportedUser | ImportedProfile>();
  const owners = new Map<ImportKey, string>();
  for (const user of await imports.lockOwners([...new Set(rows.flatMap((row) => ('change' in row ? keysOf(row.change) : [])))])) {
    people.set(user.id, user);
    for (const key of keysOf(user)) owners.set(key, user.id);
  }
  const permissions = new Map<string, readonly string[]>();
  let added: ImportedProfile[] = [];
  let changed: { after: ImportedProfile; before: ImportedUser }[] = [];
  let noted: { id: string; number: bigint }[] = [];
  // what was somebody's until a row that is not written yet
  const freed = new Set<ImportKey>();

  async function write(): Promise<void> {
    const happenings = new Map(changed.map(({ after, before }) => [after.id, toHappening(before, { ...after, roleIds: before.roleIds })]));
    const updates = (await imports.update(changed)).map((user) => ({ happening: happenings.get(user.id)!, user }));
    const creations = (await imports.insert(added)).map((user) => ({ happening: 'created' as const, user }));
    await tell([...updates, ...creations]);
    await imports.noteRows(options.importId, noted);
    [added, changed, noted] = [[], [], []];
    freed.clear();
  }

  /** Names a person by keys that nobody else may have. @throws emailTaken, usernameTaken, externalIdTaken */
  async function take(keys: readonly ImportKey[], id: string): Promise<void> {
    const taken = keys.find((key) => (owners.get(key) ?? id) !== id);
    if (taken) throw takenError(taken);
    if (keys.some((key) => freed.has(key))) await write();
    for (const key of keys) owners.set(key, id);
  }

  function requireFirst({ importId, importRow }: Pick<ImportedProfile, 'importId' | 'importRow'>, { number }: ImportRow): void {
    if (importId !== options.importId || importRow === number) return;
    const field = options.matchProvider ? 'externalIds' : 'email';
    throw validationFailed({ violations: [{ field, description: `is the same person's as that of row ${importRow}`, reason: 'import.duplicate' }] });
  }

  async function requirePermissions(user: ImportedUser): Promise<void> {
    if (principal.kind === 'user' && principal.id === user.id) return;
    const roleIds = user.roleIds.join();
    const needed = permissions.get(roleIds) ?? (await roles.permissionsOf(user.roleIds));
    permissions.set(roleIds, needed);
    requireHeld(principal, needed);
  }

  async function create({ change, number }: ImportRow): Promise<RowResult> {
    if (!change.email) throw validationFailed({ violations: [{ field: 'email', description: 'value is required of somebody new', reason: 'required' }] });
    const user: ImportedProfile = { ...emptyProfile, status: 'active', ...change, id: uuidv7(), importId: options.importId, importRow: number };
    await take(keysOf(user), user.id);
    people.set(user.id, user);
    added.push(user);
    return { number, outcome: 'created', userId: user.id };
  }

  function leave(user: ImportedUser, { number }: ImportRow, outcome: ImportOutcome): RowResult {
    people.set(user.id, { ...user, importId: options.importId, importRow: number });
    if (user.importId !== options.importId || user.importRow !== number) noted.push({ id: user.id, number });
    return { number, outcome, userId: user.id };
  }

  async function update(before: ImportedUser, row: ImportRow): Promise<RowResult> {
    const isSentAgain = before.importId === options.importId && before.importRow === row.number;
    if (options.onExisting !== 'update' && isSentAgain) {
      // the row created them, and they may have been given power since
      await requirePermissions(before);
      return leave(before, row, 'unchanged');
    }
    // it is not noted with them: of two rows that skip somebody, neither does anything
    if (options.onExisting === 'skip') return { number: row.number, outcome: 'skipped', userId: before.id };
    if (options.onExisting === 'fail') throw options.matchProvider ? externalIdTaken() : emailTaken();
    if (before.status === 'deleted') throw userDeleted();
    const { status = before.status, ...change } = row.change;
    const after = { ...before, ...withChange(before, change), status };
    // also where nothing would change: what they have could be guessed
    await requirePermissions(before);
    if (isDeepStrictEqual(after, before)) return leave(before, row, 'unchanged');
    if (status !== before.status) requireLetInByOthers(principal, before, 'status');
    const keys = keysOf(after);
    if (isAdministrator(before) && !isAdministrator(after)) {
      // whom rows before this one suspended counts
      await write();
      if (!(await users.hasOtherAdministrator(before.id))) throw lastAdministrator();
    }
    await take(keys, before.id);
    for (const key of keysOf(before).filter((each) => !keys.includes(each))) {
      owners.delete(key);
      freed.add(key);
    }
    const written = { ...after, importId: options.importId, importRow: row.number };
    people.set(before.id, written);
    changed.push({ after: written, before });
    return { number: row.number, outcome: 'updated', userId: before.id };
  }

  const results: RowResult[] = [];
  for (const row of rows) {
    try {
      if ('error' in row) throw row.error;
      const person = people.get(owners.get(row.key) ?? '');
      if (person) requireFirst(person, row);
      // who is no row of this import is somebody the database knows
      results.push(await (person ? update(person as ImportedUser, row) : create(row)));
    } catch (error) {
      if (!isAppError(error) || error.kind !== 'domain' || error.cause !== undefined) throw error;
      results.push({ number: row.number, outcome: 'failed', userId: '', error });
    }
  }
  await write();
  return results;
}
