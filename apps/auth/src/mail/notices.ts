import type { ClientInfo } from '@gatehouse/access';
import type { Queryable } from '@gatehouse/postgres';
import type { MailQueue } from './mail-queue';

/** Whom a notice is about, and goes to. */
export interface Recipient {
  readonly id: string;
  readonly email: string;
  readonly displayName: string;
  /** A BCP 47 tag; empty where it is not known. */
  readonly locale?: string;
}

/** What is told by nothing but its time. */
export type NoticeKind = 'password_changed' | 'factor_added' | 'factor_removed' | 'recovery_codes_replaced' | 'recovery_code_used';

/**
 * Tells people what happened to their accounts, in the transaction in which it does. In their own language alone: that of the call would be
 * the thief's.
 */
export interface Notices {
  tell(tx: Queryable, kind: NoticeKind, recipient: Recipient): Promise<void>;
  tellNewDevice(tx: Queryable, recipient: Recipient, client: ClientInfo): Promise<void>;
}

/** @param link where somebody who did not do it gets help */
export function createNotices({ queueMail }: Pick<MailQueue, 'queueMail'>, link: string): Notices {
  const toMail = ({ id: userId, email: to, displayName: name, locale: language }: Recipient) => ({
    to,
    userId,
    language,
    data: { name, link, time: new Date().toISOString() },
  });
  return {
    tell: (tx, kind, recipient) => queueMail(tx, { kind, ...toMail(recipient) }),
    async tellNewDevice(tx, recipient, { address, userAgent }) {
      const { data, ...mail } = toMail(recipient);
      await queueMail(tx, { kind: 'new_device', ...mail, data: { ...data, address, userAgent } });
    },
  };
}
