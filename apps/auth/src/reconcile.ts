import type { Database } from '@gatehouse/postgres';
import type { People } from './people';
import { withPatience } from './patience';
import { deletePasswordHash, dropSignUps, endSessionsAfter, findOthers, findWithoutPassword, hasCredentials } from './postgres/reconcile-repository';
import { revokeSessionsOf } from './postgres/session-repository';

/** What was found, and done about it unless the run was dry. */
export interface Findings {
  sessionsEnded: number;
  signUpsDropped: number;
  /** People whom `user` knows. */
  people: number;
  /** Whose password is not here. */
  withoutPassword: number;
  /** Whose password was here, and whom `user` does not know. */
  unknown: number;
}

export interface ReconcileOptions {
  database: Database;
  people: People;
  /** Changes nothing. */
  isDry: boolean;
  /** The database of `auth` was not restored: its sessions and sign-ups go on. */
  isAuthCurrent: boolean;
  /** Does what needs nobody else alone. */
  isWithoutUser: boolean;
  /** Told of each person who is in one of the two alone. */
  onPerson?: (finding: 'without-password' | 'unknown', userId: string) => void;
  /** Told as soon as what needs `auth` alone is done. */
  onAlone: () => void;
  /** Told again and again while `user` is away. */
  onWait: () => void;
}

// How long `user` is waited for, each time that it is away. Milliseconds.
const patienceMs = 600_000;

const noId = '00000000-0000-0000-0000-000000000000';

/**
 * Brings `auth` to agreement with `user` after a restore, whichever is older. What is done stays done: cut short, it is
 * simply run again. First what a restored database must not go on with, and needs nobody else: sessions, whose refresh
 * tokens may have been used since, and sign-ups, whose people may have another password since. Then everybody whom `user`
 * knows is gone through, page by page.
 * @throws Error when `user` knows nobody, while there are passwords
 */
export async function reconcile(options: ReconcileOptions, findings: Findings): Promise<void> {
  const { database, people, isDry, isAuthCurrent, isWithoutUser, onPerson = () => {}, onAlone, onWait } = options;
  const ask = <T>(question: () => Promise<T>) => withPatience(patienceMs, question, onWait);
  if (!isAuthCurrent) await endWhatIsOld();
  onAlone();
  if (isWithoutUser) return;
  let pageToken = '';
  let after = noId;
  do {
    const page = await ask(() => people.listIds(pageToken));
    if (!page.ids.length && findings.people === 0 && (await hasCredentials(database))) throw new Error('user knows nobody, and there are passwords: restore the database of user first');
    findings.people += page.ids.length;
    for (const id of await findWithoutPassword(database, page.ids, isDry && !isAuthCurrent)) {
      findings.withoutPassword += 1;
      onPerson('without-password', id);
    }
    const upTo = page.nextPageToken ? page.ids.at(-1)! : null;
    await removeOthers({ after, upTo }, page.ids);
    after = upTo ?? after;
    pageToken = page.nextPageToken;
  } while (pageToken);

  async function endWhatIsOld(): Promise<void> {
    for (let last: string | null = noId; last; ) {
      const ended = await endSessionsAfter(database, last, isDry);
      findings.sessionsEnded += ended.count;
      last = ended.last;
    }
    findings.signUpsDropped = await dropSignUps(database, isDry);
  }

  async function removeOthers({ after, upTo }: { after: string; upTo: string | null }, known: readonly string[]): Promise<void> {
    for (let last = after; ; ) {
      const others = await findOthers(database, { after: last, upTo }, known);
      // who signed up since the page was read is known by now
      for (const id of others) if (!(await ask(() => people.findById(id)))) await remove(id);
      if (!others.length) return;
      last = others.at(-1)!;
    }
  }

  async function remove(id: string): Promise<void> {
    findings.unknown += 1;
    onPerson('unknown', id);
    if (isDry) return;
    await database.transaction(async (tx) => {
      await deletePasswordHash(tx, id);
      await revokeSessionsOf(tx, id);
    });
  }
}
