import { createDurations, type Observability } from '@gatehouse/observability';
import { Counter, Gauge } from 'prom-client';
import type { TurnsObserver, TurnsState } from './turns';

/** What `auth` itself measures. */
export interface Events {
  /** Of the queue in which passwords wait to be hashed. */
  readonly passwordHashes: TurnsObserver;
}

export function createEvents({ registry }: Pick<Observability, 'registry'>): Events {
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
  return {
    passwordHashes: {
      open: (state) => void states.push(state),
      waited: (ms) => wait.observe([], ms / 1000),
      worked: (ms) => work.observe([], ms / 1000),
      refused: () => refused.inc(),
    },
  };
}
