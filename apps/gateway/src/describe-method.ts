import { type DescEnum, type FileRegistry, getOption, hasOption } from '@bufbuild/protobuf';
import { accessRuleOf } from '@gatehouse/access';
import { type AccessRule, cursor, error, error_domain as errorDomain, error_reasons as errorReasons, form } from '@gatehouse/contracts/api';
import { type ErrorCode, toHttpStatus } from '@gatehouse/errors';
import type { RpcMethod } from '@gatehouse/rpc';
import type { ErrorDescription, MethodDescription } from '@gatehouse/transcoding';

const platformPackage = 'gatehouse.api.v1';
// no route answers so: either there is none, or the caller is gone
const routeless: ReadonlySet<string> = new Set(['METHOD_UNKNOWN', 'HTTP_METHOD_UNSUPPORTED', 'CANCELLED']);
// what only a request with a request_id can be told
const ofRequestIds: ReadonlySet<string> = new Set(['REQUEST_IN_PROGRESS', 'REQUEST_ID_REUSED']);

/** What the contracts say of their methods in Gatehouse's own options. */
export interface ContractDescription {
  describe(method: RpcMethod): MethodDescription;
  /** The errors that any method may raise. */
  readonly commonErrors: readonly ErrorDescription[];
}

/** Reads Gatehouse's options from the contracts in a registry. */
export function createContractDescription(registry: FileRegistry): ContractDescription {
  const reasons = new Map<string, Map<string, ErrorDescription>>();
  for (const file of registry.files)
    for (const enumeration of file.enums)
      if (hasOption(enumeration, errorDomain)) {
        const ofPackage = reasons.get(file.proto.package) ?? new Map<string, ErrorDescription>();
        for (const each of readReasons(enumeration)) ofPackage.set(each.reason, each);
        reasons.set(file.proto.package, ofPackage);
      }
  const platform = [...(reasons.get(platformPackage)?.values() ?? [])];

  const findReason = (method: RpcMethod, reason: string): ErrorDescription => {
    const own = reasons.get(method.descriptor.parent.file.proto.package)?.get(reason) ?? reasons.get(platformPackage)?.get(reason);
    if (!own) throw new Error(`${method.path}: its (gatehouse.api.v1.error_reasons) names ${reason}, which no enum of errors has`);
    return own;
  };

  return {
    commonErrors: platform.filter(({ reason }) => !routeless.has(reason) && !ofRequestIds.has(reason)),
    describe(method) {
      const { descriptor } = method;
      const hasRequestId = descriptor.input.fields.some(({ name }) => name === 'request_id');
      return {
        security: toSecurity(accessRuleOf(method)),
        errors: [...getOption(descriptor, errorReasons).map((reason) => findReason(method, reason)), ...(hasRequestId ? platform.filter(({ reason }) => ofRequestIds.has(reason)) : [])],
        ...(hasOption(descriptor, cursor) ? { cursor: getOption(descriptor, cursor) } : {}),
        isLongLived: method.isLongLived,
        acceptsForm: getOption(descriptor, form),
      };
    },
  };
}

function readReasons(enumeration: DescEnum): ErrorDescription[] {
  const domain = getOption(enumeration, errorDomain);
  const prefix = `${enumeration.name.replaceAll(/(?<=[a-z])(?=[A-Z])/g, '_').toUpperCase()}_`;
  return enumeration.values
    .filter((value) => hasOption(value, error))
    .map((value) => {
      const { code, message, metadata, httpStatus } = getOption(value, error);
      const status = toHttpStatus({ code: code as ErrorCode, httpStatus: httpStatus || undefined });
      return { reason: value.name.slice(prefix.length), domain, code, message, httpStatus: status, metadata };
    });
}

function toSecurity({ rule, services }: AccessRule): MethodDescription['security'] {
  const also = services.length ? ` Services that may call it, too: ${services.map((name) => `\`${name}\``).join(', ')}.` : '';
  switch (rule.case) {
    case 'permission':
      return { scopes: [rule.value.permission], description: `Needs the permission \`${rule.value.permission}\`.${also}` };
    case 'selfOrPermission':
      return { description: `For the person whom \`${rule.value.subjectField}\` names, where \`me\` is the caller, and for who has the permission \`${rule.value.permission}\`.${also}` };
    case 'serviceOnly':
      return { description: `For services alone: ${services.map((name) => `\`${name}\``).join(', ')}.` };
    case 'authenticated':
      return { description: `For anyone with a valid access token.${also}` };
    default:
      return undefined;
  }
}
