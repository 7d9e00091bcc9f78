import { type FileRegistry, getOption, hasOption } from '@bufbuild/protobuf';
import { accessRuleOf, isPublic } from '@gatehouse/access';
import { type AccessRule, cache, cursor, form } from '@gatehouse/contracts/api';
import type { ErrorDeclaration } from '@gatehouse/errors';
import { readErrors, type RpcMethod } from '@gatehouse/rpc';
import type { MethodDescription } from '@gatehouse/transcoding';

const platformPackage = 'gatehouse.api.v1';
// no route answers so: there is none, the caller is gone, or it is UNAVAILABLE to them
const routeless: ReadonlySet<string> = new Set(['METHOD_UNKNOWN', 'HTTP_METHOD_UNSUPPORTED', 'PEER_NOT_ADMITTED', 'CANCELLED']);
// what only a request with a request_id can be told
const ofRequestIds: ReadonlySet<string> = new Set(['REQUEST_IN_PROGRESS', 'REQUEST_ID_REUSED']);

/** What the contracts say of their methods in Gatehouse's own options. */
export interface ContractDescription {
  describe(method: RpcMethod): MethodDescription;
  /** The errors that any method may raise. */
  readonly commonErrors: readonly ErrorDeclaration[];
  /** All that any contract declares. */
  readonly errors: readonly ErrorDeclaration[];
}

/** Reads Gatehouse's options from the contracts in a registry. */
export function createContractDescription(registry: FileRegistry): ContractDescription {
  const errors = readErrors(registry);
  const platform = errors.ofPackage(platformPackage);
  return {
    errors: [...errors.all.keys()],
    commonErrors: platform.filter(({ reason }) => !routeless.has(reason) && !ofRequestIds.has(reason)),
    describe(method) {
      const { descriptor, errors = [] } = method;
      const hasRequestId = descriptor.input.fields.some(({ name }) => name === 'request_id');
      return {
        security: toSecurity(accessRuleOf(method)),
        errors: [...errors, ...(hasRequestId ? platform.filter(({ reason }) => ofRequestIds.has(reason)) : [])],
        ...(hasOption(descriptor, cursor) ? { cursor: getOption(descriptor, cursor) } : {}),
        isLongLived: method.isLongLived,
        acceptsForm: getOption(descriptor, form),
        ...(hasOption(descriptor, cache) ? { cache: toCache(method) } : {}),
      };
    },
  };
}

/** @throws where an answer is not the same to all */
function toCache(method: RpcMethod): NonNullable<MethodDescription['cache']> {
  if (!isPublic(accessRuleOf(method)))
    throw new Error(`${method.path} has a (gatehouse.api.v1.cache), and is not public: others would read the answers of its callers`);
  const { maxAge, staleWhileRevalidate } = getOption(method.descriptor, cache);
  return { maxAge: Number(maxAge?.seconds ?? 0), staleWhileRevalidate: Number(staleWhileRevalidate?.seconds ?? 0) };
}

function toSecurity({ rule, services, proof }: AccessRule): MethodDescription['security'] {
  const fresh = proof?.maxAge ? `, at most ${proof.maxAge} seconds ago` : '';
  const step = proof ? ` The person must have proved who they are by \`${proof.acr || 'aal1'}\`${fresh}; else the answer is \`STEP_UP_REQUIRED\`.` : '';
  const also = step + toAlso(services);
  switch (rule.case) {
    case 'permission':
      return { scopes: [rule.value.permission], description: `Needs the permission \`${rule.value.permission}\`.${also}` };
    case 'selfOrPermission':
      return {
        description: `For the person whom \`${rule.value.subjectField}\` names, where \`me\` is the caller, and for who has the permission \`${rule.value.permission}\`.${also}`,
      };
    case 'serviceOnly':
      return { description: `For services alone: ${services.map((name) => `\`${name}\``).join(', ')}.` };
    case 'authenticated':
      return { description: `For anyone with a valid access token.${also}` };
    default:
      return undefined;
  }
}

const toAlso = (services: readonly string[]) =>
  services.length ? ` Services that may call it, too: ${services.map((name) => `\`${name}\``).join(', ')}.` : '';
