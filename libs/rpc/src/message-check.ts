import { fromBinary, toBinary } from '@bufbuild/protobuf';
import type { FieldViolation } from '@gatehouse/errors';
import { canonicalize } from './canonical-text';
import type { MessageType } from './definition';
import { createRegistryOf } from './method';
import { createFindViolations } from './validate';

export interface CheckedMessage<T> {
  /** The message, its strings in canonical form. */
  readonly message: T;
  /** What is wrong with it, by paths within it; empty where nothing is. */
  readonly violations: readonly FieldViolation[];
}

/**
 * Gives what checks a message by itself as a request is checked: for a field of a request that has `(buf.validate.field).ignore =
 * IGNORE_ALWAYS`, because one that is wrong shall not be the end of the whole request.
 * @throws Error for a type that the descriptor set has not, and for a rule of it that cannot be compiled
 */
export function createMessageCheck<T>(descriptorSet: Uint8Array, typeName: string, type: MessageType<T>): (message: T) => CheckedMessage<T> {
  const registry = createRegistryOf([descriptorSet]);
  const descriptor = registry.getMessage(typeName);
  if (!descriptor) throw new Error(`${typeName} is no message of the descriptor set`);
  const findViolations = createFindViolations(registry, [descriptor]);
  return (message) => {
    const checked = fromBinary(descriptor, type.encode(message).finish());
    canonicalize(descriptor, checked);
    return { message: type.decode(toBinary(descriptor, checked)), violations: findViolations(descriptor, checked) };
  };
}
