import { clone, type DescField, type DescMessage, type Message, toBinary } from '@bufbuild/protobuf';
import { reflect, type ReflectMap, type ReflectMessage } from '@bufbuild/protobuf/reflect';

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const isId = ({ name }: DescField) => /(^|_)ids?$/.test(name);
/** A UUID is the same in either case, and is written in lower case (RFC 9562 §4). */
const toCanonicalId = (value: unknown) => (typeof value === 'string' && uuid.test(value) ? value.toLowerCase() : value);

/**
 * The bytes of a request to compare it by: equal for requests that mean the same. Fields stand in the order of their numbers
 * and maps in that of their keys, ids are in lower case, and what the contract does not know is left out, for nothing is done
 * about it. Lists keep their order, which may have a meaning.
 */
export function toCanonicalBytes(schema: DescMessage, request: Message): Uint8Array {
  const copy = reflect(schema, clone(schema, request));
  canonicalize(copy);
  return toBinary(schema, copy.message, { writeUnknownFields: false });
}

function canonicalize(message: ReflectMessage): ReflectMessage {
  for (const field of message.sortedFields) {
    if (!message.isSet(field)) continue;
    if (field.fieldKind === 'message') message.set(field, canonicalize(message.get(field)));
    else if (field.fieldKind === 'map') sort(message.get(field));
    else if (field.fieldKind === 'list' && field.listKind !== 'enum') {
      const list = message.get(field);
      for (const [index, item] of [...list].entries())
        if (field.listKind === 'message') list.set(index, canonicalize(item as ReflectMessage));
        else if (isId(field)) list.set(index, toCanonicalId(item));
    } else if (field.fieldKind === 'scalar' && isId(field)) message.set(field, toCanonicalId(message.get(field)));
  }
  return message;
}

function sort(map: ReflectMap): void {
  const entries = [...map].sort(([one], [other]) => ((one as string) < (other as string) ? -1 : 1));
  map.clear();
  for (const [key, value] of entries) map.set(key, map.field().mapKind === 'message' ? canonicalize(value as ReflectMessage) : value);
}
