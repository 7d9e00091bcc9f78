import { clientOf, principalOf } from '@gatehouse/access';
import { tokenInvalid } from '@gatehouse/contracts/api';
import type { PasswordServiceDefinition } from '@gatehouse/contracts/auth';
import type { RpcService } from '@gatehouse/rpc';
import type { RequireFreshFactor } from '../factors/fresh-factor';
import type { PasswordChanges } from './password-changes';

export interface PasswordServiceOptions {
  passwordChanges: Pick<PasswordChanges, 'change'>;
  requireFreshFactor: RequireFreshFactor;
}

/** PasswordService: changes the passwords of people. */
export function createPasswordService({ passwordChanges, requireFreshFactor }: PasswordServiceOptions): RpcService<PasswordServiceDefinition> {
  return {
    async changePassword({ oldPassword, newPassword }, call) {
      const principal = principalOf(call);
      if (principal.kind !== 'user') throw tokenInvalid();
      await requireFreshFactor(principal);
      await passwordChanges.change({ userId: principal.id, sessionId: principal.sessionId, oldPassword, newPassword, client: clientOf(call) });
      return {};
    },
  };
}
