import { type DescEnum, type DescEnumValue, type DescMethod, type FileRegistry, getOption, hasOption } from '@bufbuild/protobuf';
import { error as errorOption, error_domain as errorDomain, error_reasons as errorReasons, Retry } from '@gatehouse/contracts/api';
import type { ErrorCode, ErrorDeclaration } from '@gatehouse/errors';

/** The errors that contracts declare. */
export interface ContractErrors {
  /** Each with the enum value that declares it. */
  readonly all: ReadonlyMap<ErrorDeclaration, DescEnumValue>;
  /** Those of a package, in their order; empty where it declares none. */
  ofPackage(name: string): readonly ErrorDeclaration[];
  /** Those that a method names; undefined where no contract here declares any error. */
  ofMethod(method: DescMethod): readonly ErrorDeclaration[] | undefined;
}

/**
 * Reads what the contracts in a registry declare of errors.
 * What it gives throws an Error for a method that names a reason that its contract has not.
 */
export function readErrors(registry: FileRegistry): ContractErrors {
  const packages = new Map<string, ErrorDeclaration[]>();
  const all = new Map<ErrorDeclaration, DescEnumValue>();
  for (const file of registry.files)
    for (const enumeration of file.enums)
      if (hasOption(enumeration, errorDomain)) {
        const declared = readEnum(enumeration);
        declared.forEach((value, declaration) => all.set(declaration, value));
        packages.set(file.proto.package, [...(packages.get(file.proto.package) ?? []), ...declared.keys()]);
      }
  const ofPackage = (name: string) => packages.get(name) ?? [];
  return {
    all,
    ofPackage,
    ofMethod(method) {
      const { name, parent } = method;
      const own = packages.get(parent.file.proto.package);
      const names = getOption(method, errorReasons);
      // of another service, whose messages alone are here
      if (!own) return packages.size === 0 ? undefined : [];
      return names.map((reason) => {
        const found = own.find((each) => each.reason === reason);
        if (!found) throw new Error(`${parent.typeName}/${name}: its (gatehouse.api.v1.error_reasons) names ${reason}, which no enum of errors has`);
        return found;
      });
    },
  };
}

const retries = { [Retry.UNSPECIFIED]: 'never', [Retry.NEVER]: 'never', [Retry.SAFE]: 'safe', [Retry.IF_IDEMPOTENT]: 'if-idempotent' } as const;

function readEnum(enumeration: DescEnum): Map<ErrorDeclaration, DescEnumValue> {
  const domain = getOption(enumeration, errorDomain);
  const prefix = `${enumeration.name.replaceAll(/(?<=[a-z])(?=[A-Z])/g, '_').toUpperCase()}_`;
  const declared = new Map<ErrorDeclaration, DescEnumValue>();
  for (const value of enumeration.values) {
    if (!hasOption(value, errorOption)) continue;
    const { code, title, message, metadata, httpStatus, retry, translations } = getOption(value, errorOption);
    const declaration: ErrorDeclaration = {
      code: code as ErrorCode,
      reason: value.name.slice(prefix.length),
      domain,
      title,
      message,
      retry: retries[retry],
      metadata,
      ...(httpStatus ? { httpStatus } : {}),
      translations: Object.fromEntries(translations.map((each) => [each.language, { title: each.title, message: each.message }])),
    };
    declared.set(declaration, value);
  }
  return declared;
}
