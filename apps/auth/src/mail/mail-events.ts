import type { Observability } from '@gatehouse/observability';
import { Counter, Gauge } from 'prom-client';
import type { WaitingMails } from '../postgres/mail-repository';
import type { SendFailure } from './send-failure';
import { mailKinds } from './write-mail';

/** Is told what becomes of mails. */
export interface MailObserver {
  /** Of all that wait, in every process. */
  waiting(mails: readonly WaitingMails[]): void;
  sent(kind: string): void;
  /** It is tried again. */
  failed(kind: string, reason: SendFailure): void;
  givenUp(kind: string, reason: SendFailure): void;
  /** The queue itself could not be read or written. */
  broken(error: unknown): void;
}

const toLabel = (kind: string) => ((mailKinds as readonly string[]).includes(kind) ? kind : '_OTHER');

/** Counts mails by their kind; lines tell no address and nothing that a mail says or a server answers. */
export function createMailObserver({ registry, logger }: Pick<Observability, 'registry' | 'logger'>): MailObserver {
  const registers = [registry];
  const waiting = new Gauge({
    name: 'auth_mails_waiting',
    help: 'Mails that wait to be sent, of all processes together, by their kind',
    labelNames: ['kind'],
    registers,
  });
  const age = new Gauge({
    name: 'auth_mails_oldest_age_seconds',
    help: 'How old the oldest mail is that waits to be sent, of all processes together, in seconds; 0 where there is none',
    registers,
  });
  const attempts = new Counter({
    name: 'auth_mail_attempts_total',
    help: 'How often a mail was handed to the mail server, by what came of it: sent, or why not',
    labelNames: ['outcome'],
    registers,
  });
  const sent = new Counter({ name: 'auth_mails_sent_total', help: 'Mails that the mail server took, by their kind', labelNames: ['kind'], registers });
  const givenUp = new Counter({
    name: 'auth_mails_given_up_total',
    help: 'Mails that will not be sent, by their kind and the reason',
    labelNames: ['kind', 'reason'],
    registers,
  });
  attempts.inc({ outcome: 'sent' }, 0);
  for (const kind of mailKinds) {
    waiting.set({ kind }, 0);
    sent.inc({ kind }, 0);
  }
  let lastReason: SendFailure | 'queue' | undefined;
  return {
    waiting(mails) {
      for (const kind of [...mailKinds, '_OTHER']) waiting.set({ kind }, 0);
      for (const { kind, count } of mails) waiting.inc({ kind: toLabel(kind) }, count);
      age.set(Math.max(0, ...mails.map(({ ageSeconds }) => ageSeconds)));
    },
    sent(kind) {
      attempts.inc({ outcome: 'sent' });
      sent.inc({ kind });
      if (lastReason) logger.info('mails are sent again');
      lastReason = undefined;
    },
    failed(kind, reason) {
      attempts.inc({ outcome: reason });
      // once for each trouble, not for each mail
      if (reason !== lastReason) logger.warn(`a mail of the kind ${kind} could not be sent, and is tried again`, { reason });
      lastReason = reason;
    },
    givenUp(kind, reason) {
      if (reason !== 'expired') attempts.inc({ outcome: reason });
      givenUp.inc({ kind: toLabel(kind), reason });
      logger.warn(`a mail of the kind ${toLabel(kind)} is given up`, { reason });
    },
    broken(exception) {
      if (lastReason !== 'queue') logger.warn('the queue of mails cannot be read', { exception });
      lastReason = 'queue';
    },
  };
}
