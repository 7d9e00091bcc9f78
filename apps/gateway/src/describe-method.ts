import { type FileRegistry, getOption, hasOption } from '@bufbuild/protobuf';
import { accessRuleOf } from '@gatehouse/access';
import { type AccessRule, cursor, form } from '@gatehouse/contracts/api';
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
      };
    },
  };
}

function toSecurity({ rule, services }: AccessRule): MethodDescription['security'] {
  const also = services.length ? ` Services that may call it, too: ${services.map((name) => `\`${name}\``).join(', ')}.` : '';
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
