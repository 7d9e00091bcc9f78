import type { DescMessage, FileRegistry, Message } from '@bufbuild/protobuf';
import { createValidator } from '@bufbuild/protovalidate';
import { validationFailed } from '@gatehouse/contracts/api';
import type { FieldViolation } from '@gatehouse/errors';
import { canonicalFaultsOf, maxViolations, requireCanonicalForms } from './canonical-text';
import { toJsonPath } from './json-path';
import type { RpcMethod } from './method';
import { toSampleMessages } from './sample-messages';

/**
 * Gives what holds a request to the `buf.validate` rules of its contract, and its strings to having a canonical form.
 * Every rule judges something now, so that a broken one stops the start: protovalidate compiles them at their first use.
 * What it gives throws validationFailed.
 */
export function createValidation(registry: FileRegistry, methods: readonly RpcMethod[]): (method: RpcMethod, message: Message) => void {
  const findViolations = createFindViolations(
    registry,
    methods.map(({ descriptor }) => descriptor.input),
  );
  return (method, message) => {
    const violations = findViolations(method.descriptor.input, message);
    if (violations.length) throw validationFailed({ violations });
  };
}

/** What is wrong with a message of one of the types, by the rules of its contract; its strings are in canonical form already. */
export function createFindViolations(
  registry: FileRegistry,
  types: readonly DescMessage[],
): (type: DescMessage, message: Message) => readonly FieldViolation[] {
  const validator = createValidator({ registry });
  for (const root of types)
    for (const { type, message } of toSampleMessages(root)) {
      requireCanonicalForms(type);
      const result = validator.validate(type, message);
      if (result.kind === 'error') throw new Error(`${type.typeName}: a rule of the contract cannot be used`, { cause: result.error });
    }
  return (type, message) => {
    const violations = [...canonicalFaultsOf(message)];
    const result = validator.validate(type, message);
    if (result.kind === 'error') throw result.error;
    for (const { field, ruleId, message: description } of result.violations ?? []) violations.push({ field: toJsonPath(field), description, reason: ruleId });
    return violations.slice(0, maxViolations);
  };
}
