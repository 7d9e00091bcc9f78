import { toUserId } from '@gatehouse/access';
import { cursorInvalid, lastAdministrator, permissionNotHeld, personNotFound, type PersonServiceDefinition } from '@gatehouse/contracts/auth';
import type { UserServiceDefinition } from '@gatehouse/contracts/user';
import type { Idempotency } from '@gatehouse/idempotency';
import { createPageTokens } from '@gatehouse/listing';
import type { Database } from '@gatehouse/postgres';
import { errorOf, type RpcCall, type RpcClient, type RpcService } from '@gatehouse/rpc';
import type { SecurityEvents } from '../security-events';
import { erasePerson } from './erase-person';
import { readPersonRecords } from './person-records';
import { toProfile } from './to-profile';

export interface PersonServiceOptions {
  database: Database;
  /** Calls `user` with the token of whoever asks, so that it judges what they may. */
  users: Pick<RpcClient<UserServiceDefinition>, 'getUser' | 'eraseUser'>;
  idempotency: Idempotency;
  /** 32 bytes, the same in all replicas: cursors are sealed under a key of it. */
  secret: Uint8Array;
  security: SecurityEvents;
}

const pageSize = 100;
const profile = { kind: 'profile', key: '' };

/** PersonService: all that is kept of a person, in every service. */
export function createPersonService({ database, users, idempotency, secret, security }: PersonServiceOptions): RpcService<PersonServiceDefinition> {
  const cursors = createPageTokens({ secret, label: 'auth/ExportPerson', invalid: ({ violations: _, ...options }) => cursorInvalid(options) });
  return {
    async *exportPerson({ userId: named, cursor }, call) {
      const userId = toUserId(named, call);
      const toCursor = ({ kind, key }: { kind: string; key: string }) => cursors.seal({ userId }, [kind, key]);
      const [kind, key] = cursors.open(cursor, { userId }) ?? [];
      let after = kind === undefined || kind === profile.kind ? undefined : { kind, key: key! };
      if (kind === undefined) {
        const user = await users.getUser({ id: userId }, asCaller(call)).catch((error) => {
          throw errorOf(users.getUser, error).reason === 'USER_NOT_FOUND' ? personNotFound({ id: userId }) : error;
        });
        yield { records: [{ service: 'user', kind: profile.kind, data: toProfile(user) }], cursor: toCursor(profile) };
      }
      for (;;) {
        const page = await readPersonRecords(database, userId, after, pageSize);
        after = page.at(-1);
        if (!after) return;
        yield { records: page.map(({ kind, data }) => ({ service: 'auth', kind, data })), cursor: toCursor(after) };
      }
    },

    async erasePerson({ userId: named }, call) {
      const userId = toUserId(named, call);
      const wasKnown = await users.eraseUser({ id: userId }, asCaller(call)).then(
        () => true,
        (thrown) => {
          const error = errorOf(users.eraseUser, thrown);
          if (error.reason === 'LAST_ADMINISTRATOR') throw lastAdministrator();
          if (error.reason === 'PERMISSION_NOT_HELD') throw permissionNotHeld({ permission: error.metadata.permission ?? '' });
          if (error.reason === 'USER_NOT_FOUND') return false;
          throw error;
        },
      );
      await database.transaction((tx) => erasePerson(tx, idempotency, userId, wasKnown));
      if (wasKnown) security.raise('person_erased', { userId });
      return {};
    },
  };
}

const asCaller = (call: RpcCall) => ({ metadata: { authorization: call.metadata.get('authorization') ?? '' } });
