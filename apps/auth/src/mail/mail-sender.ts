import { createBackgroundWork } from '@gatehouse/lifecycle';
import type { Database } from '@gatehouse/postgres';
import { setTimeout as pause } from 'node:timers/promises';
import { withPatience } from '../patience';
import { countWaitingMails, deleteEndedMails, endMail, expireMails, postponeMail, type TakenMail, takeMails } from '../postgres/mail-repository';
import type { Mail } from './mail';
import type { MailObserver } from './mail-events';
import type { MailQueue } from './mail-queue';
import { toSendFailure, unreadable } from './send-failure';
import type { MailTransport } from './smtp-transport';
import { mailKinds, writeMail } from './write-mail';

export interface MailSenderOptions {
  database: Database;
  queue: MailQueue;
  /** Without one mails wait until they expire. */
  transport: MailTransport | undefined;
  observer: MailObserver;
  /** What mails call the installation. */
  product: string;
  /** Mails that are sent at the same time at most. */
  concurrency: number;
  /** How long sending one may take. */
  timeoutMs: number;
  /** How long after its first failure a mail is tried again at most; twice as long after each that follows. */
  firstRetryMs?: number;
  /** Whether there is a database to read. */
  isActive: () => boolean;
}

export interface MailSender {
  start(): void;
  /** Ends what is being sent, after a moment in which it may be: what was not is sent later, by whoever runs. */
  close(): Promise<void>;
}

const pollMs = 1_000;
// after a mail was queued: its transaction is about to be committed
const nudgeMs = 50;
const longestRetryMs = 300_000;
// how much longer than sending takes nobody else takes a mail up, while what came of it is noted
const leaseMarginMs = 10_000;
const closeMs = 1_000;

/**
 * Sends what is queued, in every process: each mail is leased by one of them, who crashes leaves it to the others when the lease has run out.
 * So a mail may be sent twice, where a process ends between the answer of the server and its commit; its Message-ID is the same then.
 */
export function createMailSender(options: MailSenderOptions): MailSender {
  const { database, queue, transport, observer, product, concurrency, timeoutMs, firstRetryMs = 5_000, isActive } = options;
  const background = createBackgroundWork({ isActive, onError: observer.broken });
  const closing = new AbortController();
  const giveUp = new AbortController();
  const sending = new Set<Promise<void>>();
  let running = Promise.resolve();
  let wake = () => {};

  const rest = () =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, pollMs).unref();
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });

  const open = (row: TakenMail) => {
    try {
      const mail = queue.open(row);
      return { mail, written: writeMail(mail, product) };
    } catch (error) {
      throw unreadable(error);
    }
  };

  /** Sends one and notes what came of it; where that cannot be noted, it is sent again. */
  const deliver = async (row: TakenMail, { send }: MailTransport): Promise<void> => {
    const { id, attempts, createTime: date } = row;
    const note = (work: () => Promise<void>) => withPatience(leaseMarginMs / 2, work).catch(observer.broken);
    let kind: Mail['kind'] | '_OTHER' = '_OTHER';
    try {
      const { mail, written } = open(row);
      kind = mail.kind;
      await send({ ...written, id, to: mail.to, date }, AbortSignal.any([giveUp.signal, AbortSignal.timeout(timeoutMs)]));
    } catch (error) {
      const { reason, isFinal } = toSendFailure(error);
      if (isFinal) {
        observer.givenUp(kind, reason);
        return note(() => endMail(database, id, 'failed', reason));
      }
      observer.failed(kind, reason);
      return note(() => postponeMail(database, id, toDelayMs(attempts, firstRetryMs), reason));
    }
    observer.sent(kind);
    await note(() => endMail(database, id, 'sent'));
  };

  /** Takes as many as can be sent now; gives whether there may be more. */
  const takeSome = async (transport: MailTransport): Promise<boolean> => {
    const free = concurrency - sending.size;
    const taken = free > 0 && isActive() ? await takeMails(database, free, timeoutMs + leaseMarginMs, mailKinds) : [];
    for (const row of taken) {
      const done = deliver(row, transport).finally(() => sending.delete(done));
      sending.add(done);
    }
    return taken.length === free;
  };

  const run = async (transport: MailTransport): Promise<void> => {
    while (!closing.signal.aborted) {
      const mayBeMore = await takeSome(transport).catch((error) => (observer.broken(error), false));
      if (closing.signal.aborted) return;
      await Promise.race([rest(), ...(mayBeMore ? sending : [])]);
    }
  };

  return {
    start() {
      background.every(5_000, async () => {
        for (const kind of await expireMails(database)) observer.givenUp(kind, 'expired');
        observer.waiting(await countWaitingMails(database));
      });
      background.every(600_000, async (signal) => {
        while (!signal.aborted && (await deleteEndedMails(database)));
      });
      if (!transport) return;
      queue.onQueued = () => void setTimeout(() => wake(), nudgeMs).unref();
      running = run(transport);
    },
    async close() {
      closing.abort();
      wake();
      await background.close();
      await running;
      await Promise.race([Promise.all(sending), pause(closeMs)]);
      giveUp.abort();
      await Promise.all(sending);
      transport?.close();
    },
  };
}

/** Half of it by chance, so that what failed together does not come again together. */
const toDelayMs = (attempts: number, firstRetryMs: number) => Math.min(firstRetryMs * 2 ** (attempts - 1), longestRetryMs) * (0.5 + Math.random() / 2);
