import { validationFailed } from '@gatehouse/contracts/api';
import { User as UserMessage, type UserServiceDefinition } from '@gatehouse/contracts/user';
import type { Database } from '@gatehouse/postgres';
import type { RpcService } from '@gatehouse/rpc';
import { randomUUID } from 'node:crypto';
import { createExportCursors } from './export-cursor';
import type { ExportSnapshots } from './export-snapshots';
import { readAtSnapshot } from './postgres/export-repository';
import { toUserMessage } from './user-message';

const peopleAtATime = 500;
// a reader takes messages up to 4 MiB, other than ours may take 1
const maxBytes = 512 * 1024;
const beforeAll = '00000000-0000-0000-0000-000000000000';

/**
 * The method of UserService that gives everyone as they were at one moment. Each few hundred are read in a transaction of their own
 * that sees the snapshot, so that a slow reader holds none of the connections that calls need.
 */
export function createExportUsers(database: Database, snapshots: ExportSnapshots, secret: Uint8Array): Pick<RpcService<UserServiceDefinition>, 'exportUsers'> {
  const cursors = createExportCursors(secret);
  return {
    async *exportUsers({ cursor, showDeleted }) {
      const place = cursor ? cursors.read(cursor) : undefined;
      if (place && place.showDeleted !== showDeleted)
        throw validationFailed({ violations: [{ field: 'showDeleted', description: 'must be as it was when the export began', reason: 'cursor.same' }] });
      const exportId = place?.exportId ?? randomUUID();
      const { snapshot, leave } = await snapshots.join(exportId, place?.snapshot);
      let isDone = false;
      try {
        let lastId = place?.lastId ?? beforeAll;
        for (;;) {
          const users = await readAtSnapshot(database, { snapshot, lastId, showDeleted, limit: peopleAtATime });
          for (const part of split(users.map((user) => toUserMessage(user, { withPrivateMetadata: true })))) {
            lastId = part.at(-1)!.id;
            yield { users: part, cursor: cursors.write({ exportId, snapshot, showDeleted, lastId }) };
          }
          if (users.length < peopleAtATime) break;
        }
        isDone = true;
      } finally {
        leave(isDone);
      }
    },
  };
}

/** Parts of a list that a message has room for. */
function* split(users: readonly UserMessage[]): Iterable<UserMessage[]> {
  let part: UserMessage[] = [];
  let bytes = 0;
  for (const user of users) {
    const more = UserMessage.encode(user).finish().length;
    if (part.length && bytes + more > maxBytes) {
      yield part;
      [part, bytes] = [[], 0];
    }
    part.push(user);
    bytes += more;
  }
  if (part.length) yield part;
}
