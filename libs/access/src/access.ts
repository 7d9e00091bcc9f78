import { type AccessRule, permissionDenied } from '@gatehouse/contracts/api';
import type { RpcCall, RpcInterceptor, RpcMethod } from '@gatehouse/rpc';
import { isPublic, readAccessRules, readSubject } from './access-rule';
import { toBearerToken } from './bearer-token';
import { type Principal, principalOf, setPrincipal } from './principal';
import { requireProof } from './proof';
import type { TokenVerifier } from './token-verifier';

export interface AccessOptions {
  verifier: TokenVerifier;
  methods: readonly RpcMethod[];
  /** Milliseconds since the epoch. */
  now?: () => number;
}

/** The request value that stands for the caller where a user id is asked for. */
const me = 'me';

/** The id of the person that a request names, who may be the caller. */
export function toUserId(id: string, call: RpcCall): string {
  const principal = principalOf(call);
  return id === me && principal.kind === 'user' ? principal.id : id;
}

/**
 * The two interceptors that know who is calling and whether they may, by the access rules of the contract.
 * @throws at once, naming every method without a usable rule.
 */
export function createAccess({ verifier, methods, now = Date.now }: AccessOptions): { authenticate: RpcInterceptor; authorize: RpcInterceptor } {
  const rules = readAccessRules(methods);

  /** A call that goes on may not outlive the token that it began with. */
  const untilOver = async (call: RpcCall, principal: Principal, next: () => Promise<unknown>): Promise<unknown> => {
    const stop = verifier.whenOver(principal, (error) => call.end(error));
    try {
      return await next();
    } finally {
      stop();
    }
  };

  return {
    async authenticate(call, next) {
      if (isPublic(rules.get(call.method.path)!)) return next();
      const principal = await verifier.verify(toBearerToken(call.metadata.get('authorization')));
      setPrincipal(call, principal);
      return call.method.isLongLived ? untilOver(call, principal, next) : next();
    },
    async authorize(call, next) {
      const { rule, services, proof } = rules.get(call.method.path)!;
      const principal = principalOf(call);
      if (rule.case === 'public') return next();
      if (principal.kind === 'service' && services.includes(principal.name)) return next();
      if (principal.kind === 'user' && (await admits(rule, principal, call))) {
        // after it is known that they may: who may not is told that, however well they prove who they are
        if (proof) requireProof(principal, proof, now());
        return next();
      }
      throw permissionDenied({ permission: rule.case === 'permission' || rule.case === 'selfOrPermission' ? rule.value.permission : '' });
    },
  };
}

async function admits(rule: AccessRule['rule'], principal: Principal & { kind: 'user' }, call: RpcCall): Promise<boolean> {
  if (rule.case === 'authenticated') return true;
  if (rule.case !== 'permission' && rule.case !== 'selfOrPermission') return false;
  if (principal.permissions.includes(rule.value.permission)) return true;
  if (rule.case === 'permission') return false;
  const subject = await readSubject(call, rule.value.subjectField);
  return subject === me || subject === principal.id;
}
