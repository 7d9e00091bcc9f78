import type { AnyDesc, DescFile } from '@bufbuild/protobuf';

// field numbers of descriptor.proto, of which the paths in a SourceCodeInfo are made
const inFile = { message: 4, enum: 5, service: 6 };
const inMessage = { field: 2, message: 3, enum: 4, oneof: 8 };
const inEnum = 2;
const inService = 2;

const indexes = new WeakMap<DescFile, ReadonlyMap<string, string>>();

/** The comment above a declaration, without what is meant for linters; empty without one, or without source info. */
export function commentOf(desc: AnyDesc): string {
  const file = desc.kind === 'file' ? desc : 'file' in desc ? desc.file : desc.parent.file;
  let index = indexes.get(file);
  if (!index) {
    const locations = file.proto.sourceCodeInfo?.location ?? [];
    index = new Map(locations.filter(({ leadingComments }) => leadingComments).map(({ path, leadingComments }) => [path.join('.'), toText(leadingComments)]));
    indexes.set(file, index);
  }
  return index.get(pathOf(desc).join('.')) ?? '';
}

/** A comment cut into its first sentence and the rest. */
export function toSummary(comment: string): { summary: string; description: string } {
  const [, first = comment, rest = ''] = /^(.+?[.!?])(?:\s+([A-Z"`(][^]*))?$/s.exec(comment) ?? [];
  return { summary: first.replaceAll(/\s+/g, ' ').replace(/\.$/, ''), description: rest };
}

function pathOf(desc: AnyDesc): number[] {
  switch (desc.kind) {
    case 'message':
      return desc.parent
        ? [...pathOf(desc.parent), inMessage.message, desc.parent.proto.nestedType.indexOf(desc.proto)]
        : [inFile.message, desc.file.proto.messageType.indexOf(desc.proto)];
    case 'enum':
      return desc.parent
        ? [...pathOf(desc.parent), inMessage.enum, desc.parent.proto.enumType.indexOf(desc.proto)]
        : [inFile.enum, desc.file.proto.enumType.indexOf(desc.proto)];
    case 'enum_value':
      return [...pathOf(desc.parent), inEnum, desc.parent.proto.value.indexOf(desc.proto)];
    case 'field':
      return [...pathOf(desc.parent), inMessage.field, desc.parent.proto.field.indexOf(desc.proto)];
    case 'oneof':
      return [...pathOf(desc.parent), inMessage.oneof, desc.parent.proto.oneofDecl.indexOf(desc.proto)];
    case 'service':
      return [inFile.service, desc.file.proto.service.indexOf(desc.proto)];
    case 'rpc':
      return [...pathOf(desc.parent), inService, desc.parent.proto.method.indexOf(desc.proto)];
    default:
      return [];
  }
}

const toText = (comment: string) =>
  comment
    .replaceAll(/\(--[^]*?--\)/g, '')
    .split('\n')
    .map((line) => line.replace(/^ /, '').trimEnd())
    .filter((line) => !/^\s*(buf:lint:|protolint:|@exclude)/.test(line))
    .join('\n')
    .trim();
