import type { Transaction } from '@gatehouse/postgres';
import type { NoticeKind, Notices, Recipient } from '../mail/notices';
import type { SecurityEvents } from '../security-events';

/** What happens to the factors of a person, and what they should hear of: if it was not them, somebody else is in. */
export type FactorEvent = Exclude<NoticeKind, 'password_changed'>;

/** Tells of it whoever watches over accounts, and the person by a mail, in the transaction in which it happens. */
export const createFactorTeller =
  ({ security, notices }: { security: SecurityEvents; notices: Pick<Notices, 'tell'> }) =>
  async (tx: Transaction, user: Recipient, event: FactorEvent): Promise<void> => {
    tx.afterCommit(() => security.raise(event, { userId: user.id }));
    await notices.tell(tx, event, user);
  };
export type FactorTeller = ReturnType<typeof createFactorTeller>;
