import { permissionDenied, tokenExpired } from '@gatehouse/contracts/api';
import type { RpcCall, RpcInterceptor, RpcMethod } from '@gatehouse/rpc';
import { isPublic, readAccessRules, readSubject } from './access-rule';
import { toBearerToken } from './bearer-token';
import { principalOf, setPrincipal } from './principal';
import type { TokenVerifier } from './token-verifier';

export interface AccessOptions {
  verifier: TokenVerifier;
  methods: readonly RpcMethod[];
}

/** The request value that stands for the caller where a user id is asked for. */
export const me = 'me';

/**
 * The two interceptors that know who is calling and whether they may, by the access rules of the contract.
 * @throws at once, naming every method without a usable rule.
 */
export function createAccess({ verifier, methods }: AccessOptions): { authenticate: RpcInterceptor; authorize: RpcInterceptor } {
  const rules = readAccessRules(methods);
  return {
    async authenticate(call, next) {
      if (isPublic(rules.get(call.method.path)!)) return next();
      const principal = await verifier.verify(toBearerToken(call.metadata.get('authorization')));
      setPrincipal(call, principal);
      return call.method.isLongLived && principal.kind !== 'anonymous' ? withExpiry(call, principal.expiresAt, next) : next();
    },
    async authorize(call, next) {
      const { rule, services } = rules.get(call.method.path)!;
      const principal = principalOf(call);
      if (rule.case === 'public') return next();
      if (principal.kind === 'service') {
        if (services.includes(principal.name)) return next();
      } else if (principal.kind === 'user') {
        if (rule.case === 'authenticated') return next();
        if ((rule.case === 'permission' || rule.case === 'selfOrPermission') && principal.permissions.includes(rule.value.permission)) return next();
        if (rule.case === 'selfOrPermission') {
          const subject = await readSubject(call, rule.value.subjectField);
          if (subject === me || subject === principal.id) return next();
        }
      }
      throw permissionDenied({ permission: rule.case === 'permission' || rule.case === 'selfOrPermission' ? rule.value.permission : '' });
    },
  };
}

/** A call that goes on may not outlive the token that it began with. */
async function withExpiry(call: RpcCall, expiresAt: number, next: () => Promise<unknown>): Promise<unknown> {
  const timer = setTimeout(() => call.end(tokenExpired()), Math.min(expiresAt * 1000 - Date.now(), 86_400_000));
  try {
    return await next();
  } finally {
    clearTimeout(timer);
  }
}
