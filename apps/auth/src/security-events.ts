import type { Observability } from '@gatehouse/observability';
import { Counter } from 'prom-client';

/** What is worth knowing to whoever watches over accounts (OWASP ASVS 5.0 V16.3). */
export const securityEventNames = [
  // of sessions
  'refresh_token_reused',
  'new_device_login',
  'session_revoked',
  'sessions_revoked',
  // of passwords
  'password_changed',
  'password_reset',
  'passwords_imported',
  // of factors
  'factor_added',
  'factor_removed',
  'factor_code_refused',
  'recovery_code_used',
  'recovery_codes_replaced',
  // of attempts
  'account_throttled',
  'address_throttled',
  'captcha_refused',
  // of keys
  'signing_key_rotated',
  'signing_key_withdrawn',
  // of people
  'email_changed',
  'person_erased',
] as const;
export type SecurityEventName = (typeof securityEventNames)[number];

/** Whom it is about: ids alone, never what names a person. */
export interface SecuritySubject {
  readonly userId?: string;
  readonly sessionId?: string;
}

/** Is told what happens to accounts: what a transaction does, by its `afterCommit`, as it may be tried again or come to nothing. */
export interface SecurityEvents {
  raise(name: SecurityEventName, subject?: SecuritySubject): void;
}

/** Each event is counted, and a line in the log, within the trace of the call that raised it. */
export function createSecurityEvents({ registry, logger }: Pick<Observability, 'registry' | 'logger'>): SecurityEvents {
  const events = new Counter({
    name: 'auth_security_events_total',
    help: 'What happened to accounts that may be an attack, or somebody should know of, by its name',
    labelNames: ['event'],
    registers: [registry],
  });
  for (const event of securityEventNames) events.inc({ event }, 0);
  return {
    raise(event, { userId, sessionId } = {}) {
      events.inc({ event });
      logger.info('security event', { 'event.name': event, 'user.id': userId, 'session.id': sessionId });
    },
  };
}
