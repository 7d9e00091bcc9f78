import type { ListUsersRequest, UserServiceDefinition } from '@gatehouse/contracts/user';
import type { PartialMessage, RpcClient } from '@gatehouse/rpc';
import { personAt } from './person';

/** A directory that can be asked. */
export interface Directory {
  readonly users: RpcClient<UserServiceDefinition>;
  readonly people: number;
  readonly ids: ReadonlyMap<number, string>;
  /** The token of its deepest page that is asked for. */
  readonly deepToken: string;
}

/** Something that is asked of a directory again and again, each time of another person. */
export interface Question {
  readonly name: string;
  /** @throws when the answer has nobody */
  ask(directory: Directory, turn: number): Promise<void>;
}

export const pageSize = 50;

/** A person of the directory, another one each turn. */
const someone = ({ people }: Directory, turn: number) => personAt((turn * 7_919) % people);

const list = (name: string, toRequest: (directory: Directory, turn: number) => PartialMessage<ListUsersRequest>): Question => ({
  name,
  async ask(directory, turn) {
    const { users } = await directory.users.listUsers({ pageSize, ...toRequest(directory, turn) });
    if (!users.length) throw new Error(`${name}: nobody was listed`);
  },
});

const search = (name: string, toQuery: (directory: Directory, turn: number) => string, { mayFindNobody = false } = {}): Question => ({
  name,
  async ask(directory, turn) {
    const { users } = await directory.users.searchUsers({ query: toQuery(directory, turn) });
    if (!users.length && !mayFindNobody) throw new Error(`${name}: nobody was found`);
  },
});

/** What is measured, in the order of the page. */
export const questions: readonly Question[] = [
  {
    name: 'a person by id',
    async ask({ users, ids }, turn) {
      const known = [...ids.values()];
      await users.getUser({ id: known[(turn * 31) % known.length] });
    },
  },
  {
    name: 'a person by external id',
    async ask({ users, people }, turn) {
      await users.getUserByExternalId({ provider: 'directory', id: `person-${(turn * 7_919) % people}` });
    },
  },
  list('page 1', () => ({})),
  list('the deep page', ({ deepToken }) => ({ pageToken: deepToken })),
  list('page 1 by family name', () => ({ orderBy: 'family_name' })),
  list('page 1, the newest first', () => ({ orderBy: 'create_time desc' })),
  list('filter: an email', (directory, turn) => ({ filter: `email = "${someone(directory, turn).email}"` })),
  list('filter: how an email begins', (directory, turn) => ({ filter: `email = "${someone(directory, turn).email.slice(0, 8)}*"`, orderBy: 'email' })),
  list('filter: a status', () => ({ filter: 'status = SUSPENDED' })),
  list('filter: a status, the newest first', () => ({ filter: 'status = SUSPENDED', orderBy: 'create_time desc' })),
  list('filter: a role', () => ({ filter: 'role_ids:member' })),
  list('filter: one of two names', (directory, turn) => {
    const { givenName, familyName } = someone(directory, turn);
    return { filter: `given_name = "${givenName}" OR family_name = "${familyName}"` };
  }),
  list('filter: a family name and a time', (directory, turn) => ({
    filter: `family_name = "${someone(directory, turn).familyName}" AND create_time > "2020-01-01T00:00:00Z"`,
  })),
  search('search: an email', (directory, turn) => someone(directory, turn).email),
  search('search: how a name begins', (directory, turn) => someone(directory, turn).displayName.slice(0, 6)),
  search('search: two letters', (directory, turn) => someone(directory, turn).displayName.slice(0, 2)),
  search(
    'search: family name, given name',
    (directory, turn) => {
      const { givenName, familyName } = someone(directory, turn);
      return `${familyName} ${givenName}`;
    },
    // words that very many have are looked for among the newest people alone
    { mayFindNobody: true },
  ),
  search('search: what many names contain', () => 'nna'),
  search('search: what all emails contain', () => 'xampl'),
  search('search: a part of an email', (directory, turn) => someone(directory, turn).email.split('@')[0]!.slice(2), { mayFindNobody: true }),
];
