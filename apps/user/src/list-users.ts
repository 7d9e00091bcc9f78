import { pageTokenInvalid, type UserServiceDefinition } from '@gatehouse/contracts/user';
import { createPageTokens, toPageSize } from '@gatehouse/listing';
import type { Database } from '@gatehouse/postgres';
import type { RpcService } from '@gatehouse/rpc';
import { createUserLists, readUserOrder } from './postgres/user-lists';
import { createUserRepository } from './postgres/user-repository';
import { type SearchPlace, searchUsers } from './postgres/user-search';
import { toUserMessage } from './user-message';
import { mayReadPrivateMetadata } from './whose';

type Lists = Pick<RpcService<UserServiceDefinition>, 'listUsers' | 'searchUsers'>;

export interface ListsOptions {
  database: Database;
  /** 32 bytes, the same in all replicas; page tokens are sealed under a key of it. */
  secret: Uint8Array;
}

const maxInt32 = 2 ** 31 - 1;

/** The methods of UserService that give people page by page. */
export function createLists({ database, secret }: ListsOptions): Lists {
  const lists = createUserLists(database.read);
  const users = createUserRepository(database.read);
  const listTokens = createPageTokens({ secret, label: 'user/ListUsers', invalid: pageTokenInvalid });
  const searchTokens = createPageTokens({ secret, label: 'user/SearchUsers', invalid: pageTokenInvalid });
  return {
    async listUsers({ pageSize, pageToken, filter, orderBy, showDeleted }, call) {
      const size = toPageSize(pageSize, { default: 50, max: 200 });
      const ordering = readUserOrder(orderBy);
      const query = { filter, orderBy: ordering.canonical, showDeleted: String(showDeleted) };
      const after = listTokens.open(pageToken, query);
      const selected = await lists.select({ filter, ordering, showDeleted });
      // one more than asked for tells whether there is a next page
      const [found, estimate] = await Promise.all([selected.page(size + 1, after), selected.estimate()]);
      const page = found.slice(0, size);
      return {
        users: page.map(({ user }) => toUserMessage(user, mayReadPrivateMetadata(call))),
        nextPageToken: found.length > size ? listTokens.seal(query, page.at(-1)!.rowKey) : '',
        estimatedTotalSize: Math.min(estimate, maxInt32),
      };
    },

    async searchUsers({ query, pageSize, pageToken }, call) {
      const size = toPageSize(pageSize, { default: 20, max: 100 });
      const { places, next } = await searchUsers(database.read, query, size, toPlace(searchTokens.open(pageToken, { query })));
      const found = new Map((await users.findByIds(places.map(({ id }) => id))).map((user) => [user.id, user]));
      return {
        // who was deleted since is not found any more
        users: places.flatMap(({ id }) => found.get(id) ?? []).flatMap((user) => (user.deleteTime ? [] : [toUserMessage(user, mayReadPrivateMetadata(call))])),
        nextPageToken: next ? searchTokens.seal({ query }, [String(next.step), next.key, next.id]) : '',
      };
    },
  };
}

function toPlace(rowKey: readonly string[] | undefined): SearchPlace | undefined {
  const [step, key, id] = rowKey ?? [];
  return id === undefined ? undefined : { step: Number(step), key: key!, id };
}
