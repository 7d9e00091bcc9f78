import type { Observability } from '@gatehouse/observability';
import { Counter, Gauge } from 'prom-client';
import { type RatePolicyName, ratePolicyNames } from './edge/rate-limits';

/** What the gateway itself counts and logs. */
export interface Events {
  /** A rate limit has let a request through, or refused it. */
  rateLimit(policy: RatePolicyName, isAdmitted: boolean): void;
  /** The shared store of the rate limits answers again, or does not any more. */
  rateLimitStore(isThere: boolean): void;
}

export function createEvents({ logger, registry }: Pick<Observability, 'logger' | 'registry'>): Events {
  const registers = [registry];
  const decisions = new Counter({
    name: 'gateway_rate_limit_decisions_total',
    help: 'Requests that a rate limit has counted, by its decision, admitted or refused',
    labelNames: ['policy', 'decision'],
    registers,
  });
  const storeUp = new Gauge({
    name: 'gateway_rate_limit_store_up',
    help: 'Whether requests are counted together with other gateways, as far as that is set',
    registers,
  });
  storeUp.set(1);
  for (const policy of ratePolicyNames) for (const decision of ['admitted', 'refused']) decisions.inc({ policy, decision }, 0);
  return {
    rateLimit: (policy, isAdmitted) => decisions.inc({ policy, decision: isAdmitted ? 'admitted' : 'refused' }),
    rateLimitStore(isThere) {
      storeUp.set(isThere ? 1 : 0);
      if (isThere) logger.info('the store of the rate limits answers again');
      else logger.warn('the store of the rate limits does not answer: each gateway counts for itself');
    },
  };
}
