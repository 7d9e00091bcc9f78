import type { Queryable } from '@gatehouse/postgres';

/** Takes the place of the one process that follows, until the transaction ends; false while another has it. */
export async function takePlace(tx: Queryable): Promise<boolean> {
  const [row] = await tx.query<{ taken: boolean }>({
    name: 'take-place-of-follower',
    text: `select pg_try_advisory_xact_lock(hashtext('gatehouse.user_feed')) as taken`,
  });
  return row!.taken;
}

/** Finds that the place is still held. @throws AppError where its connection was lost */
export async function keepPlace(tx: Queryable): Promise<void> {
  await tx.query({ name: 'keep-place-of-follower', text: 'select 1' });
}

/** Makes a process the one that writes, and gives the cursor after which it goes on; undefined where there is none yet. */
export async function beginToFollow(db: Queryable, follower: string): Promise<string | undefined> {
  const [row] = await db.query<{ cursor: string | null }>({
    name: 'begin-to-follow',
    text: 'update user_feed set follower = $1 returning cursor',
    values: [follower],
  });
  return row!.cursor ?? undefined;
}

/** Holds the cursor until the transaction ends. @throws Error when another process follows by now: nothing is written over what it wrote */
export async function holdCursor(tx: Queryable, follower: string): Promise<void> {
  const rows = await tx.query({ name: 'hold-cursor', text: 'select 1 from user_feed where follower = $1 for update', values: [follower] });
  if (!rows.length) throw new Error('another process follows the changes of people by now');
}

export async function storeCursor(tx: Queryable, cursor: string): Promise<void> {
  await tx.query({ name: 'store-cursor', text: 'update user_feed set cursor = $1', values: [cursor] });
}

export async function noteResync(tx: Queryable): Promise<void> {
  await tx.query({ name: 'note-resync', text: 'update user_feed set resync_time = now()' });
}

/** The first people after an id of whom there is something here: a password, an open session, or what is known of them. In the order of ids. */
export async function findPeopleHere(db: Queryable, afterId: string, limit: number): Promise<readonly string[]> {
  const rows = await db.query<{ user_id: string }>({
    name: 'find-people-here',
    text: `select user_id from (
             (select user_id from credentials where user_id > $1 order by user_id limit $2)
             union (select distinct user_id from sessions where user_id > $1 and revoke_time is null and expire_time > now() order by user_id limit $2)
             union (select user_id from known_people where user_id > $1 and status <> 'purged' order by user_id limit $2)) as here
           order by user_id limit $2`,
    values: [afterId, limit],
  });
  return rows.map(({ user_id }) => user_id);
}
