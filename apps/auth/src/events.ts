import { createDurations, type Observability } from '@gatehouse/observability';
import { type UserChange, UserChangeKind } from '@gatehouse/contracts/user';
import { Counter, Gauge } from 'prom-client';
import { createMailObserver, type MailObserver } from './mail/mail-events';
import { createSecurityEvents, type SecurityEvents } from './security-events';
import type { ResyncFindings } from './user-feed/resync-users';
import type { BreachedPasswordsObserver } from './passwords/breached-passwords';
import type { TurnsObserver, TurnsState } from './turns';

/** What `auth` itself measures. */
export interface Events {
  /** Of the queue in which passwords wait to be hashed. */
  readonly passwordHashes: TurnsObserver;
  /** Of asking for breached passwords. */
  readonly breachedPasswords: BreachedPasswordsObserver;
  /** Of the changes of people. */
  readonly userFeed: UserFeedObserver;
  /** Of what happens to accounts. */
  readonly security: SecurityEvents;
  /** Of the mails that are sent. */
  readonly mails: MailObserver;
  /** How old the oldest revocation is that somebody who follows here has not taken yet, in seconds. */
  readonly revocationLag: (seconds: number) => void;
}

/** What is told of following `user`. */
export interface UserFeedObserver {
  /** Just now there was nothing more to apply, or another process follows. */
  heard(): void;
  applied(changes: readonly UserChange[]): void;
  resynced(findings: ResyncFindings): void;
  /** It is not followed now; told of each attempt. */
  lost(error: unknown): void;
}

export function createEvents({ registry, logger }: Pick<Observability, 'registry' | 'logger'>): Events {
  const registers = [registry];
  const states: (() => TurnsState)[] = [];
  const sum = (name: keyof TurnsState) => states.reduce((total, state) => total + state()[name], 0);
  const gauge = (name: string, help: string, state: keyof TurnsState) =>
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(sum(state));
      },
    });
  gauge('auth_password_hash_running', 'Passwords being hashed or verified', 'running');
  gauge('auth_password_hash_max', 'Passwords that may be hashed or verified at the same time', 'concurrency');
  gauge('auth_password_hash_waiting', 'Passwords that wait for their turn to be hashed or verified', 'waiting');
  const wait = createDurations(registry, 'auth_password_hash_wait_seconds', 'How long passwords waited for their turn, in seconds', []);
  const work = createDurations(
    registry,
    'auth_password_hash_duration_seconds',
    'How long it took to hash or verify passwords once it was their turn, in seconds',
    [],
  );
  const refused = new Counter({ name: 'auth_password_hash_refused_total', help: 'Passwords refused because too many were waiting', registers });
  const revocationLag = new Gauge({
    name: 'auth_revocations_feed_lag_seconds',
    help: 'Age of the oldest revocation that somebody who follows this process has not taken yet, in seconds',
    registers,
  });
  return {
    revocationLag: (seconds) => revocationLag.set(seconds),
    passwordHashes: {
      open: (state) => void states.push(state),
      waited: (ms) => wait.observe([], ms / 1000),
      worked: (ms) => work.observe([], ms / 1000),
      refused: () => refused.inc(),
    },
    breachedPasswords: createBreachedPasswordsObserver({ logger }),
    userFeed: createUserFeedObserver({ registry, logger }),
    security: createSecurityEvents({ registry, logger }),
    mails: createMailObserver({ registry, logger }),
  };
}

function createBreachedPasswordsObserver({ logger }: Pick<Observability, 'logger'>): BreachedPasswordsObserver {
  let isAway = false;
  return {
    answered() {
      if (isAway) logger.info('breached passwords can be asked for again');
      isAway = false;
    },
    failed(error) {
      if (!isAway) logger.warn('breached passwords cannot be asked for', { exception: error });
      isAway = true;
    },
  };
}

const kindOf = ({ kind }: UserChange): string => (UserChangeKind[kind] ?? '_OTHER').replace('USER_CHANGE_KIND_', '').toLowerCase();

function createUserFeedObserver({ registry, logger }: Pick<Observability, 'registry' | 'logger'>): UserFeedObserver {
  const registers = [registry];
  let lastHeard = performance.now();
  let isLost = false;
  new Gauge({
    name: 'auth_user_feed_age_seconds',
    help: 'How long ago it was that changes of people came, or word that there are none, in seconds; as well where another process follows',
    registers,
    collect() {
      this.set((performance.now() - lastHeard) / 1000);
    },
  });
  const applied = new Counter({
    name: 'auth_user_changes_applied_total',
    help: 'Changes of people that were applied, by their kind',
    labelNames: ['kind'],
    registers,
  });
  const resyncs = new Counter({
    name: 'auth_user_feed_resyncs_total',
    help: 'How often everybody was compared with user because changes may have been missed',
    registers,
  });
  return {
    heard() {
      lastHeard = performance.now();
      if (isLost) logger.info('the change feed of user is back');
      isLost = false;
    },
    applied: (changes) => changes.forEach((change) => applied.inc({ kind: kindOf(change) })),
    resynced({ people, unknown }) {
      resyncs.inc();
      if (unknown)
        logger.warn(
          `user does not know ${unknown} of ${people} people of whom there is something here: was it restored? They are left to the command reconcile`,
        );
      logger.info('everybody was compared with user');
    },
    lost(error) {
      if (!isLost) logger.warn('the change feed of user is lost', { exception: error });
      isLost = true;
    },
  };
}
