import type { RpcCall } from '@gatehouse/rpc';

/** Who is calling. */
export type Principal =
  | {
      readonly kind: 'user';
      readonly id: string;
      readonly permissions: readonly string[];
      readonly sessionId: string;
      /** How well they proved who they are (OpenID Connect's `acr`); empty where the token does not say it. */ readonly acr: string;
      /** When they did, in seconds since the epoch; 0 where the token does not say it. */ readonly authTime: number;
      /** Seconds since the epoch. */ readonly expiresAt: number;
    }
  | { readonly kind: 'service'; readonly name: string; /** Seconds since the epoch. */ readonly expiresAt: number }
  | { readonly kind: 'anonymous' };

const anonymous: Principal = { kind: 'anonymous' };
const principals = new WeakMap<RpcCall, Principal>();

/** Who makes the call; anonymous for a public method. */
export const principalOf = (call: RpcCall): Principal => principals.get(call) ?? anonymous;

/** By what name records know who makes the call: `user:<id>`, `service:<name>`; empty for an anonymous one. */
export function toPrincipalName(call: RpcCall): string {
  const principal = principalOf(call);
  if (principal.kind === 'user') return `user:${principal.id}`;
  return principal.kind === 'service' ? `service:${principal.name}` : '';
}

/** Says who makes the call. */
export const setPrincipal = (call: RpcCall, principal: Principal): void => void principals.set(call, principal);
