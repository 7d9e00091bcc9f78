import { fromBinary } from '@bufbuild/protobuf';
import type { FieldViolation } from '@gatehouse/errors';
import { canonicalize } from './canonical-text';
import type { MessageType } from './definition';
import { createRegistryOf } from './method';
import { createFindViolations } from './validate';

/**
 * Gives what checks a message of a request by itself, as a request is checked: for a field with `(buf.validate.field).ignore =
 * IGNORE_ALWAYS`, because one message that is wrong shall not be the end of the whole request. Its strings came into canonical form
 * with the request; what has no such form is told here. Gives what is wrong with it, by paths within it.
 * @throws Error for a type that the descriptor set has not, and for a rule of it that cannot be compiled
 */
export function createMessageCheck<T>(descriptorSet: Uint8Array, typeName: string, type: MessageType<T>): (message: T) => readonly FieldViolation[] {
  const registry = createRegistryOf([descriptorSet]);
  const descriptor = registry.getMessage(typeName);
  if (!descriptor) throw new Error(`${typeName} is no message of the descriptor set`);
  const findViolations = createFindViolations(registry, [descriptor]);
  return (message) => {
    const checked = fromBinary(descriptor, type.encode(message).finish());
    canonicalize(descriptor, checked);
    return findViolations(descriptor, checked);
  };
}
