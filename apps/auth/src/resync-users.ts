import type { Database } from '@gatehouse/postgres';
import { applyAbsence, applyUsers } from './apply-user-changes';
import { withPatience } from './patience';
import type { People } from './people';
import { findPeopleHere, holdCursor } from './postgres/user-feed-repository';
import { isMost } from './reconcile';

export interface ResyncOptions {
  database: Database;
  people: Pick<People, 'findByIds'>;
  /** The process that follows: once it is another one, nothing is written. */
  follower: string;
  /** Called between pages. @throws what ends the run */
  onPage: () => Promise<void>;
}

/** People of whom there is something here, and those of them whom `user` does not know. */
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
 * here is asked for, page by page. Who is gone loses all that is here, unless that is most of them: then the database of `user`
 * may be another one, and `reconcile` is for people to run.
 */
export async function resyncUsers({ database, people, follower, onPage }: ResyncOptions): Promise<ResyncFindings> {
  const findings = await compare(false);
  if (findings.unknown && !isMost({ unknown: findings.unknown, passwords: findings.people })) await compare(true);
  return findings;

  async function compare(isRemoving: boolean): Promise<ResyncFindings> {
    const found = { people: 0, unknown: 0 };
    for (let after = noId; ;) {
      const ids = await findPeopleHere(database, after, pageSize);
      if (!ids.length) return found;
      const users = await withPatience(patienceMs, () => people.findByIds(ids));
      const known = new Set(users.map(({ id }) => id));
      const unknown = ids.filter((id) => !known.has(id));
      await database.transaction(async (tx) => {
        await holdCursor(tx, follower);
        if (isRemoving) await applyAbsence(tx, unknown);
        else await applyUsers(tx, users);
      });
      found.people += ids.length;
      found.unknown += unknown.length;
      after = ids.at(-1)!;
      await onPage();
    }
  }
}
