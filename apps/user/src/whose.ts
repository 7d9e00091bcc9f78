import { type Principal, principalOf } from '@gatehouse/access';
import type { RpcCall } from '@gatehouse/rpc';

/** Whether the caller may change whatever of whomever. */
export const mayUpdateAnyone = (principal: Principal): boolean => principal.kind === 'service' || holds(principal, 'users.update');

/** Whether the caller is told private metadata: no service is, which may hand on what it is told. */
export const mayReadPrivateMetadata = (call: RpcCall): { withPrivateMetadata: boolean } => ({ withPrivateMetadata: holds(principalOf(call), 'users.read') });

const holds = (principal: Principal, permission: string): boolean => principal.kind === 'user' && principal.permissions.includes(permission);
