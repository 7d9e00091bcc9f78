import { type User, type UserChange, UserChangeKind as Kind, UserStatus } from '@gatehouse/contracts/user';
import type { Queryable } from '@gatehouse/postgres';
import {
  endSessions,
  findDeleted,
  forgetPeople,
  type KnownPerson,
  type KnownStatus,
  lockPeople,
  noteChangedRoles,
  notePeople,
  renumberPeople,
  settlePeople,
} from '../postgres/known-people-repository';
import { deleteLoginTokensOf } from '../postgres/login-token-repository';

const statuses: Readonly<Partial<Record<UserStatus, KnownStatus>>> = {
  [UserStatus.USER_STATUS_ACTIVE]: 'active',
  [UserStatus.USER_STATUS_SUSPENDED]: 'suspended',
  [UserStatus.USER_STATUS_DELETED]: 'deleted',
};

/** After these, sessions or tokens from before are not what they were. */
const noted: ReadonlySet<Kind> = new Set([
  Kind.USER_CHANGE_KIND_SUSPENDED,
  Kind.USER_CHANGE_KIND_REINSTATED,
  Kind.USER_CHANGE_KIND_DELETED,
  Kind.USER_CHANGE_KIND_UNDELETED,
  Kind.USER_CHANGE_KIND_PURGED,
  Kind.USER_CHANGE_KIND_ROLES_SET,
]);

/**
 * Applies changes of people in the caller's transaction: in whatever order, and however often, the same comes of them, since the feed
 * may tell two changes of one person the other way round. A suspension ends the sessions that were opened on the word of an
 * earlier revision, and no others.
 */
export async function applyUserChanges(tx: Queryable, changes: readonly UserChange[]): Promise<void> {
  const people = [...toPeople(changes).values()];
  const roleIds = changes.filter(({ kind }) => kind === Kind.USER_CHANGE_KIND_ROLE_CHANGED).map(({ roleId }) => roleId);
  const [toNote, toRenumber] = [people.filter(({ notedRevision }) => notedRevision > 0n), people.filter(({ notedRevision }) => notedRevision === 0n)];
  await ifAny(
    people.filter(({ status }) => status === 'purged'),
    (purged) => forgetPeople(tx, toIds(purged)),
  );
  await end(tx, toNote, () => ifAny(toNote, (some) => notePeople(tx, some)));
  await ifAny(toRenumber, (some) => renumberPeople(tx, some));
  await ifAny(roleIds, (some) => noteChangedRoles(tx, some));
}

/** Brings what is here to agreement with how people are, in the caller's transaction. */
export function applyUsers(tx: Queryable, users: readonly User[]): Promise<void> {
  const people = users.flatMap(({ id: userId, revision, status: told }) => {
    const status = statuses[told];
    return status ? [{ userId, revision, status, notedRevision: revision, endedRevision: status === 'active' ? 0n : revision }] : [];
  });
  return end(tx, people, () => ifAny(people, (some) => settlePeople(tx, some)));
}

/** Takes away all that is here of a person who is gone from `user`, in the caller's transaction; they are not let in by what was said of them before. */
export async function applyPurge(tx: Queryable, userId: string): Promise<void> {
  await forgetPeople(tx, [userId]);
  await lockPeople(tx, [userId]);
  await settlePeople(tx, [{ userId, revision: 0n, status: 'purged', notedRevision: 0n, endedRevision: 0n }]);
}

/** Takes away all that is here of those people gone from `user` who were deleted, in the caller's transaction; gives how many. */
export async function applyAbsence(tx: Queryable, userIds: readonly string[]): Promise<number> {
  const purged = await findDeleted(tx, userIds);
  await forgetPeople(tx, purged);
  await settlePeople(
    tx,
    purged.map((userId) => ({ userId, revision: 0n, status: 'purged', notedRevision: 0n, endedRevision: 0n })),
  );
  return purged.length;
}

/** Notes who may not enter any more, and ends their sessions, and the logins that wait for a code; no session is opened meanwhile. */
async function end(tx: Queryable, people: readonly KnownPerson[], note: () => Promise<void>): Promise<void> {
  const ended = people.filter(({ endedRevision }) => endedRevision > 0n);
  await ifAny(ended, (some) => deleteLoginTokensOf(tx, toIds(some)));
  await ifAny(ended, (some) => lockPeople(tx, toIds(some)));
  await note();
  await ifAny(ended, (some) => endSessions(tx, some));
}

/** What the changes of each person come to. */
function toPeople(changes: readonly UserChange[]): ReadonlyMap<string, KnownPerson> {
  const people = new Map<string, KnownPerson>();
  for (const { kind, userId, revision, status: told } of changes) {
    const status = kind === Kind.USER_CHANGE_KIND_PURGED ? 'purged' : statuses[told];
    if (!userId || !status) continue;
    const before = people.get(userId);
    const isLast = !before || revision >= before.revision;
    const notedRevision = noted.has(kind) ? revision : 0n;
    people.set(userId, {
      userId,
      revision: isLast ? revision : before.revision,
      status: isLast ? status : before.status,
      notedRevision: max(before?.notedRevision, notedRevision),
      endedRevision: max(before?.endedRevision, status === 'active' ? 0n : notedRevision),
    });
  }
  return people;
}

const max = (one = 0n, other: bigint) => (one > other ? one : other);
const toIds = (people: readonly Pick<KnownPerson, 'userId'>[]) => people.map(({ userId }) => userId);

async function ifAny<T>(some: readonly T[], act: (some: readonly T[]) => Promise<void>): Promise<void> {
  if (some.length) await act(some);
}
