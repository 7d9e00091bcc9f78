import type { Observability } from '@gatehouse/observability';
import { Counter, Gauge } from 'prom-client';
import { type LimitName, limitNames } from './settings';

const outcomes = ['admitted', 'refused', 'failed'] as const;
const captchaOutcomes = ['passed', 'refused', 'unanswered', 'missing'] as const;

/** What attempts tell. */
export interface AttemptEvents {
  attempt(limit: LimitName, outcome: (typeof outcomes)[number]): void;
  captcha(outcome: (typeof captchaOutcomes)[number]): void;
  flood(isOn: boolean): void;
  /** Redis answers again, or does not any more. */
  store(isThere: boolean): void;
}

export function createAttemptEvents({ registry, logger }: Pick<Observability, 'registry' | 'logger'>): AttemptEvents {
  const registers = [registry];
  const attempts = new Counter({
    name: 'auth_attempts_total',
    help: 'Attempts to prove who one is, to sign up and to have mails sent, by what counted them and what came of it',
    labelNames: ['limit', 'outcome'],
    registers,
  });
  const captchas = new Counter({ name: 'auth_captchas_total', help: 'CAPTCHAs that were asked for, by what came of it', labelNames: ['outcome'], registers });
  const flood = new Gauge({ name: 'auth_attempts_flood', help: 'Whether so many attempts fail everywhere that unknown devices pay a higher price', registers });
  const storeUp = new Gauge({
    name: 'auth_attempts_store_up',
    help: 'Whether attempts are counted where that is set, or in the database meanwhile',
    registers,
  });
  for (const limit of limitNames) for (const outcome of outcomes) attempts.inc({ limit, outcome }, 0);
  for (const outcome of captchaOutcomes) captchas.inc({ outcome }, 0);
  flood.set(0);
  storeUp.set(1);
  return {
    attempt: (limit, outcome) => attempts.inc({ limit, outcome }),
    captcha: (outcome) => captchas.inc({ outcome }),
    flood: (isOn) => flood.set(isOn ? 1 : 0),
    store(isThere) {
      storeUp.set(isThere ? 1 : 0);
      if (isThere) logger.info('the store of the attempts answers again');
      else logger.warn('the store of the attempts does not answer: they are counted in the database');
    },
  };
}
