import { principalOf, toUserId } from '@gatehouse/access';
import { emailChangeNotAllowed, emailTaken, fieldChangeNotAllowed, userDeleted, userIdNotAllowed, type UserServiceDefinition } from '@gatehouse/contracts/user';
import type { Write } from '@gatehouse/idempotency';
import type { RpcCall, RpcService } from '@gatehouse/rpc';
import { isDeepStrictEqual } from 'node:util';
import { v7 as uuidv7 } from 'uuid';
import { addUser, changeUser, requirePowerOver } from './change-user';
import { createUserRepository } from './postgres/user-repository';
import { requireProfile } from './profile-rules';
import { member, type User, type UserChange, withChange } from './user';
import { othersFieldsOf, readUserChange, toProfile } from './user-change';
import { toUserMessage } from './user-message';
import { mayReadPrivateMetadata, mayUpdateAnyone } from './whose';

export type UserWrite = Write<UserServiceDefinition, RpcCall>;

/** The methods of UserService that say who somebody is. */
export const createProfileMethods = (write: UserWrite): Pick<RpcService<UserServiceDefinition>, 'createUser' | 'updateUser'> => ({
  createUser: write('createUser', async (request, call, tx) => {
    const { userId, email } = request;
    if (userId && principalOf(call).kind !== 'service') throw userIdNotAllowed();
    const profile = toProfile(request);
    requireProfile(profile, '');
    const id = userId || uuidv7();
    const user = (await addUser(tx, { ...profile, id, roleIds: [member] })) ?? (await createUserRepository(tx).findById(id));
    // the id is in use: by an earlier attempt at the same person, or by somebody else
    if (user?.email.toLowerCase() !== email.toLowerCase()) throw emailTaken();
    return toUserMessage(user, mayReadPrivateMetadata(call));
  }),

  updateUser: write('updateUser', async ({ user, updateMask }, call, tx) => {
    const told = mayReadPrivateMetadata(call);
    const change = readUserChange(user!, updateMask, told);
    requireProfile(change, 'user.');
    const changed = await changeUser(tx, { id: toUserId(user!.id, call), etag: user!.etag }, async (before) => {
      if (before.status === 'deleted') throw userDeleted();
      if (mayUpdateAnyone(principalOf(call))) await requirePowerOver(tx, before, call);
      else requireOwnFields(before, change);
      return withChange(before, change);
    });
    return toUserMessage(changed, told);
  }),
});

/** @throws emailChangeNotAllowed, fieldChangeNotAllowed for a field that a person may not change of themselves, unless they give it as it is */
function requireOwnFields(before: User, change: UserChange): void {
  for (const field of othersFieldsOf(change)) {
    // whether private metadata is as they guess is not told
    if (field !== 'privateMetadata' && isDeepStrictEqual(change[field], before[field])) continue;
    const violations = [{ field: `user.${field}`, description: 'must stay as it is', reason: 'not_allowed' }];
    throw field === 'email' ? emailChangeNotAllowed({ violations }) : fieldChangeNotAllowed({ violations });
  }
}
