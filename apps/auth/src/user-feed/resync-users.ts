import type { Database } from '@gatehouse/postgres';
import { applyAbsence, applyUsers } from './apply-user-changes';
import { withPatience } from '../patience';
import type { People } from '../people';
import { findPeopleHere, holdCursor } from '../postgres/user-feed-repository';

export interface ResyncOptions {
  database: Database;
  people: Pick<People, 'findByIds'>;
  /** The process that follows: once it is another one, nothing is written. */
  follower: string;
  /** Called between pages. @throws what ends the run */
  onPage: () => Promise<void>;
}

/** People of whom there is something here, and those whom `user` does not know though nobody said that they were deleted. */
export interface ResyncFindings {
  readonly people: number;
  readonly unknown: number;
}

// what BatchGetUsers takes at once
const pageSize = 200;
// How long `user` is waited for, each time that it is away. Milliseconds.
const patienceMs = 30_000;
const noId = '00000000-0000-0000-0000-000000000000';

/**
 * Brings `auth` to agreement with how people are now, where their changes may have been missed: everybody of whom there is something
 * here is asked for, page by page. Who was deleted and is gone was purged, and loses all that is here. Who else is gone may be
 * missing since `user` was restored: they are counted, and left to the command `reconcile`.
 */
export async function resyncUsers({ database, people, follower, onPage }: ResyncOptions): Promise<ResyncFindings> {
  const findings = { people: 0, unknown: 0 };
  for (let after = noId; ;) {
    const ids = await findPeopleHere(database, after, pageSize);
    if (!ids.length) return findings;
    const users = await withPatience(patienceMs, () => people.findByIds(ids));
    const found = new Set(users.map(({ id }) => id));
    const missing = ids.filter((id) => !found.has(id));
    const purged = await database.transaction(async (tx) => {
      await holdCursor(tx, follower);
      await applyUsers(tx, users);
      return applyAbsence(tx, missing);
    });
    findings.people += ids.length;
    findings.unknown += missing.length - purged;
    after = ids.at(-1)!;
    await onPage();
  }
}
