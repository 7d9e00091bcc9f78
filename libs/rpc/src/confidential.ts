import { type DescField, type DescMessage, getOption, type Message } from '@bufbuild/protobuf';
import { reflect, type ReflectMessage } from '@bufbuild/protobuf/reflect';
import { personal, sensitive } from '@gatehouse/contracts/api';

/** The texts in a message that its contract calls sensitive or personal; those of messages inside of it count. */
export function findConfidential(schema: DescMessage, message: Message): readonly string[] {
  const found: string[] = [];
  collect(reflect(schema, message, false), false, found);
  return found;
}

const isConfidential = (field: DescField): boolean => getOption(field, sensitive) || getOption(field, personal);

function collect(message: ReflectMessage, isInside: boolean, found: string[]): void {
  for (const field of message.fields) {
    if (!message.isSet(field)) continue;
    const isHere = isInside || isConfidential(field);
    const value: unknown = message.get(field);
    const values = field.fieldKind === 'list' || field.fieldKind === 'map' ? [...(value as Iterable<unknown>)].flat() : [value];
    for (const each of values) {
      if (field.message && typeof each === 'object') collect(each as ReflectMessage, isHere, found);
      else if (isHere) found.push(each instanceof Uint8Array ? Buffer.from(each).toString('utf8') : String(each));
    }
  }
}
