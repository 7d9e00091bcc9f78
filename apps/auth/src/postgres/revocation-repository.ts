import type { Queryable } from '@gatehouse/postgres';

// What ends sessions, makes what is signed for people stale or changes roles is told by triggers (0017_tell_revocations.sql, 0021_tell_after_clocks_went_back.sql).

/** Tells that a key was withdrawn, if the transaction commits: what was signed with it counts no more. */
export async function noteKeyWithdrawn(tx: Queryable, keyId: string): Promise<void> {
  await tx.query({
    name: 'note-key-withdrawn',
    text: `insert into outbox_events (type, payload) values ('key', convert_to($1, 'UTF8'))`,
    values: [keyId],
  });
}

/** Tells that nobody's access token from before counts any more: of some it may not be known what happened to them. */
export async function noteEverybodyStale(db: Queryable): Promise<void> {
  await db.query({ name: 'note-everybody-stale', text: `insert into outbox_events (type, payload) values ('everybody', '')` });
}
