import type { DescEnum, DescMessage, FileRegistry } from '@bufbuild/protobuf';

/** Names of the document's own schemas. */
export const ownNames = { problem: 'Problem', violation: 'FieldViolation', oauthError: 'OAuthError' } as const;

/**
 * Gives the name of a type among the document's schemas: without its package where that is enough. The order of the files
 * plays no part, so that a name changes only when the contract gets a second type that would have it.
 */
export function createSchemaNames(registry: FileRegistry): (type: DescMessage | DescEnum) => string {
  const counts = new Map<string, number>(Object.values(ownNames).map((name) => [name, 1]));
  for (const type of registry)
    if (type.kind === 'message' || type.kind === 'enum') counts.set(toShort(type), (counts.get(toShort(type)) ?? 0) + (isOption(type) ? 0 : 1));
  return (type) => ((counts.get(toShort(type)) ?? 0) > 1 ? type.typeName : toShort(type));
}

const toShort = ({ typeName, file }: DescMessage | DescEnum) => typeName.slice(file.proto.package ? file.proto.package.length + 1 : 0);

/** Types that describe contracts and are in no request. */
const isOption = ({ file }: DescMessage | DescEnum) => ['google.protobuf', 'google.api', 'google.rpc', 'buf.validate'].includes(file.proto.package);
