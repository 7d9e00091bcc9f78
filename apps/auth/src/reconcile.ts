import type { Database } from '@gatehouse/postgres';
import type { People } from './people';
import { withPatience } from './patience';
import { noteEverybodyStale } from './postgres/revocation-repository';
import {
  countCredentials,
  deleteFactorsOf,
  deletePasswordHash,
  dropSignUps,
  endCodes,
  endSessionsAfter,
  findOthers,
  findWithoutPassword,
} from './postgres/reconcile-repository';
import { revokeSessionsOf } from './postgres/session-end-repository';

/** What was found, and done about it unless the run was dry. */
export interface Findings {
  sessionsEnded: number;
  signUpsDropped: number;
  codesEnded: number;
  /** People whom `user` knows. */
  people: number;
  /** Whose password is not here. */
  withoutPassword: number;
  /** Whose password was here, and whom `user` does not know. */
  unknown: number;
  /** Passwords that were here. */
  passwords: number;
}

/** Whether more passwords would go than stay: so it is where the database of `user` is another one, or was made anew. */
export const isMost = ({ unknown, passwords }: Findings): boolean => unknown > passwords - unknown;

export interface ReconcileOptions {
  database: Database;
  people: People;
  /** Changes nothing. */
  isDry: boolean;
  /** The database of `auth` was not restored: its sessions and sign-ups go on. */
  isAuthCurrent: boolean;
  /** Does what needs nobody else alone. */
  isWithoutUser: boolean;
  /** Removes the passwords of people whom `user` does not know even where they are most of them. */
  mayRemoveMost: boolean;
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
 * knows is gone through, page by page: once to count, and once to remove.
 * @throws Error when `user` knows nobody, while there are passwords, or does not know most of those who have one
 */
export async function reconcile(options: ReconcileOptions, findings: Findings): Promise<void> {
  const { database, people, isDry, isAuthCurrent, isWithoutUser, mayRemoveMost, onPerson = () => {}, onAlone, onWait } = options;
  const ask = <T>(question: () => Promise<T>) => withPatience(patienceMs, question, onWait);
  if (!isAuthCurrent) await endWhatIsOld();
  onAlone();
  if (isWithoutUser) return;
  await compare(false);
  findings.passwords = await countCredentials(database);
  if (isDry) return;
  if (isMost(findings) && !mayRemoveMost)
    throw new Error(
      `${findings.unknown} of the ${findings.passwords} passwords are of people whom user does not know, and would be removed: is the database of user the one that was restored? If so, --remove-most`,
    );
  await compare(true);

  async function compare(isRemoving: boolean): Promise<void> {
    Object.assign(findings, { people: 0, withoutPassword: 0, unknown: 0 });
    const tell = isDry || isRemoving ? onPerson : () => {};
    let pageToken = '';
    let after = noId;
    do {
      const page = await ask(() => people.listIds(pageToken));
      if (!page.ids.length && findings.people === 0 && (await countCredentials(database)))
        throw new Error('user knows nobody, and there are passwords: restore the database of user first');
      findings.people += page.ids.length;
      for (const id of await findWithoutPassword(database, page.ids, isDry && !isAuthCurrent)) {
        findings.withoutPassword += 1;
        tell('without-password', id);
      }
      const upTo = page.nextPageToken ? page.ids.at(-1)! : null;
      for await (const id of findUnknown({ after, upTo }, page.ids)) {
        if (isRemoving && !(await remove(id))) continue;
        findings.unknown += 1;
        tell('unknown', id);
      }
      after = upTo ?? after;
      pageToken = page.nextPageToken;
    } while (pageToken);
  }

  async function endWhatIsOld(): Promise<void> {
    // which sessions had ended since what was restored, nobody knows any more
    if (!isDry) await noteEverybodyStale(database);
    for (let last: string | null = noId; last;) {
      const ended = await endSessionsAfter(database, last, isDry);
      findings.sessionsEnded += ended.count;
      last = ended.last;
    }
    findings.signUpsDropped = await dropSignUps(database, isDry);
    findings.codesEnded = await endCodes(database, isDry);
  }

  async function* findUnknown({ after, upTo }: { after: string; upTo: string | null }, known: readonly string[]): AsyncGenerator<string> {
    for (let last = after; ;) {
      const others = await findOthers(database, { after: last, upTo }, known);
      // who signed up since the page was read is known by now
      for (const id of others) if (!(await ask(() => people.findById(id)))) yield id;
      if (!others.length) return;
      last = others.at(-1)!;
    }
  }

  /** False where another run has done it. */
  function remove(id: string): Promise<boolean> {
    return database.transaction(async (tx) => {
      const isOurs = await deletePasswordHash(tx, id);
      await deleteFactorsOf(tx, id);
      await revokeSessionsOf(tx, id);
      return isOurs;
    });
  }
}
