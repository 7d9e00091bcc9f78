import type { Observability } from '@gatehouse/observability';
import { Gauge } from 'prom-client';

/** What is told of the feed of changes. */
export interface FeedObserver {
  /** Somebody follows from now on. */
  began(): void;
  /** Somebody follows no more. */
  ended(): void;
  /** How old the oldest event is that a follower here has not taken yet, in seconds. */
  lag(seconds: number): void;
}

/** What `user` itself measures. */
export interface Events {
  readonly feed: FeedObserver;
}

export function createEvents({ registry }: Pick<Observability, 'registry'>): Events {
  const registers = [registry];
  const followers = new Gauge({ name: 'user_feed_followers', help: 'Followers of the changes of people in this process', registers });
  const lag = new Gauge({
    name: 'user_feed_lag_seconds',
    help: 'Age of the oldest change of a person that a follower in this process has not taken yet, in seconds',
    registers,
  });
  return { feed: { began: () => followers.inc(), ended: () => followers.dec(), lag: (seconds) => lag.set(seconds) } };
}
