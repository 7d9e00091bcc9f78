import type { Queryable } from '@gatehouse/postgres';
import { v7 as uuidv7 } from 'uuid';
import { insertMail } from '../postgres/mail-repository';
import { createKeyRing, type Secrets } from '../seal';
import type { Mail } from './mail';
import { defaultValidForSeconds } from './write-mail';

export interface MailQueue {
  /** Has a mail sent once the transaction is committed, and never if it is not. Nobody waits for that, whatever becomes of it. */
  queueMail(tx: Queryable, mail: Mail): Promise<void>;
  /** What was queued. @throws unavailable when none of the secrets opens it */
  open(row: { readonly id: string; readonly sealed: Buffer }): Mail;
  /** Told of each mail, before its transaction is committed. */
  onQueued: () => void;
}

/** Mails are sealed as long as they wait. */
export function createMailQueue(secrets: Secrets): MailQueue {
  const ring = createKeyRing(secrets, 'gatehouse mail');
  const queue: MailQueue = {
    async queueMail(tx, mail) {
      const id = uuidv7();
      const { kind, userId, validForSeconds = defaultValidForSeconds } = mail;
      await insertMail(tx, { id, kind, userId, sealed: ring.seal(Buffer.from(JSON.stringify(mail)), Buffer.from(id)), validForSeconds });
      queue.onQueued();
    },
    open: ({ id, sealed }) => JSON.parse(ring.unseal(sealed, Buffer.from(id)).toString()) as Mail,
    onQueued: () => {},
  };
  return queue;
}
