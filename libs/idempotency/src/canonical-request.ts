import { clone, type DescMessage, type Message, toBinary } from '@bufbuild/protobuf';
import { reflect, type ReflectMap, type ReflectMessage } from '@bufbuild/protobuf/reflect';

const fieldMask = 'google.protobuf.FieldMask';

/**
 * The bytes of a request to compare it by: equal for requests that mean the same. Fields stand in the order of their numbers
 * and maps in that of their keys, a FieldMask is a set, and what the contract does not know is left out, for nothing is done about it. Lists keep
 * their order, which may have a meaning. Texts have their canonical form since the request was read.
 */
export function toCanonicalBytes(schema: DescMessage, request: Message): Uint8Array {
  const copy = reflect(schema, clone(schema, request));
  canonicalize(copy);
  return toBinary(schema, copy.message, { writeUnknownFields: false });
}

function canonicalize(message: ReflectMessage): ReflectMessage {
  if (message.desc.typeName === fieldMask) return toSet(message);
  for (const field of message.sortedFields) {
    if (!message.isSet(field)) continue;
    if (field.fieldKind === 'message') message.set(field, canonicalize(message.get(field)));
    else if (field.fieldKind === 'map') sort(message.get(field));
    else if (field.fieldKind === 'list' && field.listKind === 'message') {
      const list = message.get(field);
      for (const [index, item] of [...list].entries()) list.set(index, canonicalize(item as ReflectMessage));
    }
  }
  return message;
}

function toSet(mask: ReflectMessage): ReflectMessage {
  const message = mask.message as Message & { paths: string[] };
  message.paths = [...new Set(message.paths)].sort();
  return mask;
}

function sort(map: ReflectMap): void {
  const entries = [...map].sort(([one], [other]) => ((one as string) < (other as string) ? -1 : 1));
  map.clear();
  for (const [key, value] of entries) map.set(key, map.field().mapKind === 'message' ? canonicalize(value as ReflectMessage) : value);
}
