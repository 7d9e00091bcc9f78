import type { Queryable } from '@gatehouse/postgres';
import { v7 as uuidv7 } from 'uuid';
import { insertMail } from '../postgres/mail-repository';
import { deriveKey, seal, unseal } from '../seal';
import type { Mail } from './mail';
import { defaultValidForSeconds } from './write-mail';

export interface MailQueue {
  /** Has a mail sent once the transaction is committed, and never if it is not. Nobody waits for that, whatever becomes of it. */
  queueMail(tx: Queryable, mail: Mail): Promise<void>;
  /** What was queued. @throws Error when the secret is another one */
  open(row: { readonly id: string; readonly sealed: Buffer }): Mail;
  /** Told of each mail, before its transaction is committed. */
  onQueued: () => void;
}

/** @param secret AUTH_SECRET_KEY, with a key of which mails are sealed as long as they wait. */
export function createMailQueue(secret: Uint8Array): MailQueue {
  const key = deriveKey(secret, 'gatehouse mail');
  const queue: MailQueue = {
    async queueMail(tx, mail) {
      const id = uuidv7();
      const { kind, userId, validForSeconds = defaultValidForSeconds } = mail;
      await insertMail(tx, { id, kind, userId, sealed: seal(key, Buffer.from(JSON.stringify(mail)), Buffer.from(id)), validForSeconds });
      queue.onQueued();
    },
    open: ({ id, sealed }) => JSON.parse(unseal(key, sealed, Buffer.from(id)).toString()) as Mail,
    onQueued: () => {},
  };
  return queue;
}
