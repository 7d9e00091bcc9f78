import type { Queryable } from '@gatehouse/postgres';

/** `purged`: nothing is left of the person in `user`. */
export type KnownStatus = 'active' | 'suspended' | 'deleted' | 'purged';

/** What is known of a person from what happened to them. */
export interface KnownPerson {
  readonly userId: string;
  readonly revision: bigint;
  readonly status: KnownStatus;
  /** The last revision that tokens from before it know nothing of; 0 where there is none. */
  readonly notedRevision: bigint;
  /** The last revision with which the sessions from before it ended; 0 where none did. */
  readonly endedRevision: bigint;
}

const columnsOf = (people: readonly KnownPerson[]) => [
  people.map(({ userId }) => userId),
  people.map(({ revision }) => revision.toString()),
  people.map(({ status }) => status),
  people.map(({ notedRevision }) => notedRevision.toString()),
  people.map(({ endedRevision }) => endedRevision.toString()),
];
const columns = 'user_id, revision, status, noted_revision, ended_revision';
const given = `unnest($1::uuid[], $2::bigint[], $3::text[], $4::bigint[], $5::bigint[]) as given (${columns})`;

/** Adds to what is known. In whatever order things are noted, and however often, the same comes of them. */
export async function notePeople(tx: Queryable, people: readonly KnownPerson[]): Promise<void> {
  await tx.query({
    name: 'note-people',
    text: `insert into known_people as known (${columns}) select * from ${given}
           on conflict (user_id) do update
             set status = case when excluded.revision > known.revision then excluded.status else known.status end,
                 revision = greatest(known.revision, excluded.revision),
                 not_before = case when excluded.noted_revision > known.noted_revision then clock_timestamp() else known.not_before end,
                 noted_revision = greatest(known.noted_revision, excluded.noted_revision),
                 ended_revision = greatest(known.ended_revision, excluded.ended_revision)`,
    values: columnsOf(people),
  });
}

/** Notes changes that count for nothing else, of those who are known. */
export async function renumberPeople(tx: Queryable, people: readonly Pick<KnownPerson, 'userId' | 'revision' | 'status'>[]): Promise<void> {
  await tx.query({
    name: 'renumber-people',
    text: `update known_people as known set revision = given.revision, status = given.status
           from unnest($1::uuid[], $2::bigint[], $3::text[]) as given (user_id, revision, status)
           where known.user_id = given.user_id and given.revision > known.revision`,
    values: [people.map(({ userId }) => userId), people.map(({ revision }) => revision.toString()), people.map(({ status }) => status)],
  });
}

/**
 * Notes how people are, whatever is known of them: their revisions may be lower, where `user` was restored. Who is active and not
 * known stays so.
 */
export async function settlePeople(tx: Queryable, people: readonly KnownPerson[]): Promise<void> {
  await tx.query({
    name: 'settle-people',
    text: `insert into known_people as known (${columns}) select * from ${given}
           where given.status <> 'active' or exists (select from known_people as other where other.user_id = given.user_id)
           on conflict (user_id) do update
             set revision = excluded.revision, status = excluded.status, noted_revision = excluded.noted_revision,
                 ended_revision = case when excluded.ended_revision > 0 then excluded.ended_revision else least(known.ended_revision, excluded.revision) end,
                 not_before = case when (known.revision, known.status) = (excluded.revision, excluded.status) then known.not_before else clock_timestamp() end`,
    values: columnsOf(people),
  });
  // opened on the word of a revision that is lost
  await tx.query({
    name: 'forget-lost-revisions',
    text: `update sessions set person_revision = 0 from unnest($1::uuid[], $2::bigint[]) as given (user_id, revision)
           where sessions.user_id = given.user_id and person_revision > given.revision and revoke_time is null`,
    values: columnsOf(people).slice(0, 2),
  });
}

// so that who locks several does not wait in a circle
const inOrder = `(select unnest($1::text[]) as user_id order by 1) as people`;

/** The key of the advisory lock of a person. @param userId an expression of type text */
export const personLock = (userId: string): string => `hashtextextended(${userId}, 8)`;

/** Keeps everybody else from opening sessions of these people until the transaction ends. */
export async function lockPeople(tx: Queryable, userIds: readonly string[]): Promise<void> {
  await tx.query({
    name: 'lock-people',
    text: `select pg_advisory_xact_lock(${personLock('user_id')}) from ${inOrder}`,
    values: [userIds],
  });
}

/** Waits until what is being noted of a person is, and keeps more from being noted until the transaction ends. */
export async function holdPerson(tx: Queryable, userId: string): Promise<void> {
  await tx.query({
    name: 'hold-person',
    text: `select pg_advisory_xact_lock_shared(${personLock('user_id')}) from (select $1::text as user_id) as person`,
    values: [userId],
  });
}

/** The key of the advisory lock by which imports of a person and their purge keep apart. */
const importLock = `hashtextextended(user_id, 21)`;

/** Waits until people who are being purged are, and keeps others from being purged until the transaction ends. */
export async function holdImported(tx: Queryable, userIds: readonly string[]): Promise<void> {
  await tx.query({ name: 'hold-imported-people', text: `select pg_advisory_xact_lock_shared(${importLock}) from ${inOrder}`, values: [userIds] });
}

/** Ends the sessions that were opened on the word of a revision before that which ended them. */
export async function endSessions(tx: Queryable, people: readonly Pick<KnownPerson, 'userId' | 'endedRevision'>[]): Promise<void> {
  await tx.query({
    name: 'end-sessions-of-people',
    text: `update sessions set revoke_time = now() from unnest($1::uuid[], $2::bigint[]) as given (user_id, ended_revision)
           where sessions.user_id = given.user_id and person_revision < given.ended_revision and revoke_time is null`,
    values: [people.map(({ userId }) => userId), people.map(({ endedRevision }) => endedRevision.toString())],
  });
}

/** Those of the people who are known to be deleted. */
export async function findDeleted(db: Queryable, userIds: readonly string[]): Promise<readonly string[]> {
  const rows = await db.query<{ user_id: string }>({
    name: 'find-deleted-people',
    text: `select user_id from known_people where user_id = any ($1::uuid[]) and status = 'deleted'`,
    values: [userIds],
  });
  return rows.map(({ user_id }) => user_id);
}

// Each before those whose rows are added by who holds one of it: what is added until it is waited for is removed too, sessions last.
// Tokens before their sessions, as a refresh holds them.
const tablesOfPeople = [
  'one_time_codes',
  'begun_email_changes',
  'pending_sign_ups',
  'credentials',
  'login_tokens',
  'factors',
  'recovery_codes',
  'mails',
  'refresh_tokens',
  'sessions',
] as const;
const ofPeople = 'user_id = any ($1::uuid[])';

/**
 * Removes all by which people could prove who they are, and what was still to be told them. To be called before `lockPeople`: who lets somebody
 * in holds by what they proved who they are first, and `holdPerson` then.
 */
export async function forgetPeople(tx: Queryable, userIds: readonly string[]): Promise<void> {
  // who imports proves nothing, and holds nothing else that is waited for
  await tx.query({ name: 'keep-imports-from-people', text: `select pg_advisory_xact_lock(${importLock}) from ${inOrder}`, values: [userIds] });
  for (const table of tablesOfPeople)
    await tx.query({
      name: `forget-people-in-${table.replaceAll('_', '-')}`,
      text:
        table === 'refresh_tokens'
          ? `delete from refresh_tokens using sessions where id = session_id and ${ofPeople}`
          : `delete from ${table} where ${ofPeople}`,
      values: [userIds],
    });
}

export async function noteChangedRoles(tx: Queryable, roleIds: readonly string[]): Promise<void> {
  await tx.query({
    name: 'note-changed-roles',
    text: `insert into changed_roles (role_id) select distinct unnest($1::text[]) on conflict (role_id) do update set not_before = clock_timestamp()`,
    values: [roleIds],
  });
}

const batchSize = 1_000;

/** Removes what is known of some people who were purged more than a day ago, when no token of theirs is left; gives whether there may be more. */
export async function deletePurgedPeople(db: Queryable): Promise<boolean> {
  const [row] = await db.query<{ count: number }>({
    name: 'delete-purged-people',
    text: `with purged as materialized (
             select user_id from known_people where status = 'purged' and not_before < now() - interval '1 day'
             order by not_before limit ${batchSize} for update skip locked),
           deleted as (delete from known_people using purged where known_people.user_id = purged.user_id returning 1)
           select count(*)::int as count from deleted`,
  });
  return row!.count === batchSize;
}
