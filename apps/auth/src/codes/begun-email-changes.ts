import type { User } from '@gatehouse/contracts/user';
import type { Database, Queryable } from '@gatehouse/postgres';
import type { MailQueue } from '../mail/mail-queue';
import type { People } from '../people';
import { endCodesOf, useCode } from '../postgres/code-repository';
import {
  beginEmailChange,
  type BegunEmailChangeRow,
  dropEmailChange,
  endEmailChanges,
  lockEmailChanges,
  takeBegunEmailChanges,
} from '../postgres/email-change-repository';
import { createKeyRing, type Secrets } from '../seal';
import type { SecurityEvents } from '../security-events';
import type { Links } from './links';
import { isSameEmail } from './one-time-code';

/** A change of email that `user` was asked for, or is about to be. */
export interface BegunEmailChange extends Omit<BegunEmailChangeRow, 'sealed'> {
  readonly oldEmail: string;
}

export interface BegunEmailChangesOptions {
  database: Database;
  people: Pick<People, 'findById'>;
  links: Links;
  mailQueue: Pick<MailQueue, 'queueMail'>;
  security: SecurityEvents;
  secrets: Secrets;
  /** Milliseconds after which `user` does not do what it was asked for any more: longer than any call takes. */
  abandonedAfterMs?: number;
}

/**
 * Changes of email between the two services: each is noted before `user` is asked for it, so that the old email is told of what `user` did
 * though the caller goes away, or the process ends, before that is queued.
 */
export interface BegunEmailChanges {
  /** False when its code has ended: `user` is not to be asked. */
  begin(change: BegunEmailChange): Promise<boolean>;
  /** Tells the old email of what `user` did, and ends what was mailed to it; in the caller's transaction, which has used the code. */
  end(tx: Queryable, change: BegunEmailChange, user: User): Promise<void>;
  /** Brings those to their end whose call was cut off. */
  sweep(): Promise<void>;
}

const lookAgainMs = 60_000;
const unreadableMs = 24 * 3_600_000;

export function createBegunEmailChanges(options: BegunEmailChangesOptions): BegunEmailChanges {
  const { database, people, links, mailQueue, security, secrets, abandonedAfterMs = 15 * 60_000 } = options;
  const ring = createKeyRing(secrets, 'gatehouse email change');
  const tell = async (tx: Queryable, oldEmail: string, user: User) => {
    // what was mailed to it is worth nothing any more
    await endCodesOf(tx, user.id);
    const data = { name: user.displayName, link: links.recovery };
    await mailQueue.queueMail(tx, { kind: 'email_changed', to: oldEmail, userId: user.id, language: user.locale, data });
  };
  const open = ({ codeId, sealed }: BegunEmailChangeRow) => ring.unseal(sealed, Buffer.from(codeId)).toString();
  /**
   * Ends a change, and others of the person from the same email, such as one to an email that was taken: `user` did one of them, which is told
   * once. One from another email still has to be. False when it was ended meanwhile.
   */
  const endFrom = async (tx: Queryable, { codeId, userId, oldEmail }: BegunEmailChange): Promise<boolean> => {
    const rows = await lockEmailChanges(tx, userId);
    const isFrom = (row: BegunEmailChangeRow) => {
      try {
        return isSameEmail(open(row), oldEmail);
      } catch {
        // the sweep says so
        return false;
      }
    };
    const ended = rows.filter((row) => row.codeId === codeId || isFrom(row)).map((row) => row.codeId);
    await endEmailChanges(tx, ended);
    return ended.includes(codeId);
  };
  const settle = async (row: BegunEmailChangeRow) => {
    const { codeId, userId } = row;
    let oldEmail: string;
    try {
      oldEmail = open(row);
    } catch (error) {
      // until then a secret that opens it may come back
      await dropEmailChange(database, codeId, unreadableMs);
      throw error;
    }
    const person = await people.findById(userId);
    // `user` may still be at it
    if (!person || isSameEmail(person.user.email, oldEmail)) return dropEmailChange(database, codeId, abandonedAfterMs);
    const isTold = await database.transaction(async (tx) => {
      await useCode(tx, codeId);
      if (!(await endFrom(tx, { codeId, userId, oldEmail }))) return false;
      await tell(tx, oldEmail, person.user);
      return true;
    });
    if (isTold) security.raise('email_changed', { userId });
  };
  return {
    begin: ({ codeId, userId, oldEmail }) => beginEmailChange(database, { codeId, userId, sealed: ring.seal(Buffer.from(oldEmail), Buffer.from(codeId)) }),
    async end(tx, change, user) {
      await endFrom(tx, change);
      await tell(tx, change.oldEmail, user);
    },
    async sweep() {
      const settled = await Promise.allSettled((await takeBegunEmailChanges(database, lookAgainMs)).map(settle));
      // one that cannot be settled now keeps no other one from it
      for (const each of settled) if (each.status === 'rejected') throw each.reason;
    },
  };
}
