import { create, type DescEnum, type DescField, type DescMessage, type Message, ScalarType } from '@bufbuild/protobuf';
import { reflect, scalarZeroValue, usedTypes } from '@bufbuild/protobuf/reflect';

/**
 * Messages of a type, those of the types inside of it first: one empty, and for each field one that has this field alone. Among
 * them each rule of the contract has something to judge.
 */
export function* toSampleMessages(root: DescMessage): Iterable<{ type: DescMessage; message: Message }> {
  const inner = [...usedTypes(root)].filter((type) => type.kind === 'message');
  for (const type of new Set([...inner, root])) {
    yield { type, message: create(type) };
    for (const field of type.fields) yield { type, message: toMessageWith(type, field) };
  }
}

function toMessageWith(type: DescMessage, field: DescField): Message {
  const message = reflect(type);
  switch (field.fieldKind) {
    case 'list':
      message.get(field).add(toValue(field.listKind, field));
      break;
    case 'map':
      message.get(field).set(toScalar(field.mapKey), toValue(field.mapKind, field));
      break;
    default:
      message.set(field, toValue(field.fieldKind, field));
  }
  return message.message;
}

function toValue(kind: 'scalar' | 'enum' | 'message', of: { scalar?: ScalarType; enum?: DescEnum; message?: DescMessage }) {
  if (kind === 'scalar') return toScalar(of.scalar!);
  return kind === 'enum' ? of.enum!.values.at(-1)!.number : reflect(of.message!);
}

/** A value that is not the type's zero, which some rules leave out. */
function toScalar<T extends ScalarType>(type: T) {
  const zero = scalarZeroValue(type, false);
  if (type === ScalarType.BYTES) return Uint8Array.of(1);
  return typeof zero === 'string' ? 'x' : typeof zero === 'bigint' ? 1n : typeof zero === 'boolean' ? true : 1;
}
