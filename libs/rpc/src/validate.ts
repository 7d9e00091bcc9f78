import type { FileRegistry, Message } from '@bufbuild/protobuf';
import { createValidator } from '@bufbuild/protovalidate';
import { validationFailed } from '@gatehouse/contracts/api';
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
  const validator = createValidator({ registry });
  for (const { descriptor } of methods)
    for (const { type, message } of toSampleMessages(descriptor.input)) {
      requireCanonicalForms(type);
      const result = validator.validate(type, message);
      if (result.kind === 'error') throw new Error(`${type.typeName}: a rule of the contract cannot be used`, { cause: result.error });
    }
  return (method, message) => {
    const violations = [...canonicalFaultsOf(message)];
    const result = validator.validate(method.descriptor.input, message);
    if (result.kind === 'error') throw result.error;
    for (const { field, ruleId, message: description } of result.violations ?? []) violations.push({ field: toJsonPath(field), description, reason: ruleId });
    if (violations.length) throw validationFailed({ violations: violations.slice(0, maxViolations) });
  };
}
