import type { UserServiceDefinition } from '@gatehouse/contracts/user';
import type { Feed, Outbox } from '@gatehouse/outbox';
import type { Database } from '@gatehouse/postgres';
import type { RpcService } from '@gatehouse/rpc';
import type { FeedObserver } from './events';
import { toUserChange } from './user-events';

export interface WatchOptions {
  database: Database;
  outbox: Pick<Outbox, 'currentCursor'>;
  feed: Feed;
  observer: Pick<FeedObserver, 'began' | 'ended'>;
}

/** The method of UserService that tells what happens to people. */
export const createWatch = ({ database, outbox, feed, observer }: WatchOptions): Pick<RpcService<UserServiceDefinition>, 'watchUserChanges'> => ({
  async *watchUserChanges({ cursor: after }, { signal }) {
    observer.began();
    try {
      const from = after || (await outbox.currentCursor(database));
      for await (const { events, cursor } of feed.follow(from, signal)) yield { changes: events.map(toUserChange), cursor };
    } finally {
      observer.ended();
    }
  },
});
