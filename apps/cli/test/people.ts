import { ExportPersonResponse, personNotFound, PersonServiceDefinition } from '@gatehouse/contracts/auth';
import { ListUsersResponse, userNotFound, UserServiceDefinition } from '@gatehouse/contracts/user';
import { bindService } from '@gatehouse/rpc';
import type { Directory } from './directory';

/** What a directory answers of single people: the methods by which one is found, exported and erased. */
export function bindPeople({ users, records, whims, enter, cut }: Pick<Directory, 'users' | 'records' | 'whims' | 'cut'> & { enter: (name: string) => void }) {
  const { getUser, listUsers } = UserServiceDefinition.methods;
  const find = (id: string) => [...users.values()].find((user) => user.id === id);
  return [
    bindService(
      { ...UserServiceDefinition, methods: { getUser, listUsers } },
      {
        async getUser({ id }) {
          enter('GetUser');
          const user = find(id);
          if (!user) throw userNotFound({ id });
          return user;
        },
        async listUsers({ filter }) {
          enter('ListUsers');
          return ListUsersResponse.fromPartial({ users: [...users.values()].filter(({ email }) => filter === `email = "${email}"`) });
        },
      },
    ),
    bindService(PersonServiceDefinition, {
      async *exportPerson({ userId, cursor }) {
        enter('ExportPerson');
        if (!records.has(userId)) throw personNotFound({ id: userId });
        const kept = records.get(userId)!;
        for (let index = Number(cursor || 0); index < kept.length; index++) {
          if (index === whims.after?.rows) {
            whims.after = undefined;
            cut();
            return;
          }
          yield ExportPersonResponse.fromPartial({ records: [{ service: 'auth', kind: kept[index]!, data: {} }], cursor: String(index + 1) });
        }
      },
      async erasePerson({ userId }) {
        enter('ErasePerson');
        const user = find(userId);
        if (!records.delete(userId)) throw personNotFound({ id: userId });
        if (user) users.delete(user.email);
        return {};
      },
    }),
  ];
}
