import { type PersistOptions, persist } from '../api/persist.mts';
import { readJson, request } from '../api/request.mts';
import { ServerError } from '../api/server-error.mts';
import { CommandError, exitCodes } from '../command-error.mts';

/** Somebody whom a command is about. */
export interface Person {
  readonly id: string;
  readonly email: string;
}

type Connection = Omit<PersistOptions, 'position'>;

const get = <T,>(path: string, connection: Connection): Promise<T> =>
  persist({ ...connection, position: () => 0 }, async (token) =>
    readJson<T>(await (await request(`${connection.url}${path}`, { token, signal: connection.signal })).text()),
  );

/**
 * The id of the person whom somebody named by an email, and any other name as it is.
 * @throws CommandError where nobody has the email, and where the server may not be asked
 */
export async function findId(name: string, connection: Connection): Promise<string> {
  if (!name.includes('@')) return name;
  const query = new URLSearchParams({ filter: `email = ${JSON.stringify(name)}`, showDeleted: 'true' });
  const { users = [] } = await get<{ users?: readonly Person[] }>(`/v1/users?${query}`, connection);
  if (users[0]) return users[0].id;
  throw new CommandError(`nobody has the email ${name}: is it right? Of who was erased already, give the id`, { exitCode: exitCodes.server });
}

/** The person with the id, or undefined where they are gone, or are not told of to us. */
export const findPerson = (id: string, connection: Connection): Promise<Person | undefined> =>
  get<Person>(`/v1/users/${id}`, connection).catch((error: unknown) => {
    const { cause } = error as Error;
    if (cause instanceof ServerError && ['NOT_FOUND', 'PERMISSION_DENIED'].includes(cause.problem.code ?? '')) return undefined;
    throw error;
  });
