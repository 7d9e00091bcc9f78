import { ScalarType, type FileRegistry, type Message } from '@bufbuild/protobuf';
import { reflect, type ReflectMessage, type Path } from '@bufbuild/protobuf/reflect';
import { createValidator } from '@bufbuild/protovalidate';
import type { FieldViolation } from '@gatehouse/errors';
import { validationFailed } from '@gatehouse/contracts/api';
import type { RpcMethod } from './method';
import { toSampleMessages } from './sample-messages';

const maxViolations = 20;

/**
 * Gives what holds a request to the `buf.validate` rules of its contract, and strings to what PostgreSQL's text can hold (no NUL).
 * Every rule judges something now, so that a broken one stops the start: protovalidate compiles them at their first use.
 * What it gives throws validationFailed.
 */
export function createValidation(registry: FileRegistry, methods: readonly RpcMethod[]): (method: RpcMethod, message: Message) => void {
  const validator = createValidator({ registry });
  for (const { descriptor } of methods)
    for (const { type, message } of toSampleMessages(descriptor.input)) {
      const result = validator.validate(type, message);
      if (result.kind === 'error') throw new Error(`${type.typeName}: a rule of the contract cannot be used`, { cause: result.error });
    }
  return (method, message) => {
    const violations = findNulViolations(reflect(method.descriptor.input, message));
    const result = validator.validate(method.descriptor.input, message);
    if (result.kind === 'error') throw result.error;
    for (const { field, ruleId, message: description } of result.violations ?? []) violations.push({ field: toJsonPath(field), description, reason: ruleId });
    if (violations.length) throw validationFailed({ violations: violations.slice(0, maxViolations) });
  };
}

/** A violation's path in the names a JSON caller uses: `address.postalCode`, `tags[1]`, `labels["a"]`. */
function toJsonPath(path: Path): string {
  return path
    .map((part, index) => {
      const dot = index ? '.' : '';
      switch (part.kind) {
        case 'field':
          return dot + part.jsonName;
        case 'oneof':
          return dot + part.name;
        case 'list_sub':
          return `[${part.index}]`;
        case 'map_sub':
          return `[${JSON.stringify(String(part.key))}]`;
        default:
          return '';
      }
    })
    .join('');
}

function findNulViolations(message: ReflectMessage, prefix = ''): FieldViolation[] {
  const found: FieldViolation[] = [];
  const look = (value: unknown, field: string) => {
    if (typeof value === 'string' && value.includes('\0')) found.push({ field, description: 'must not contain the character NUL', reason: 'string.nul' });
  };
  for (const field of message.fields) {
    if (!message.isSet(field)) continue;
    const path = prefix + field.jsonName;
    const value = message.get(field);
    if (field.fieldKind === 'scalar' && field.scalar === ScalarType.STRING) look(value, path);
    else if (field.fieldKind === 'message') found.push(...findNulViolations(value as ReflectMessage, `${path}.`));
    else if (field.fieldKind === 'list')
      [...message.get(field)].forEach((item, index) =>
        field.listKind === 'message' ? found.push(...findNulViolations(item as ReflectMessage, `${path}[${index}].`)) : look(item, `${path}[${index}]`),
      );
    else if (field.fieldKind === 'map')
      for (const [key, item] of message.get(field)) {
        const at = `${path}[${JSON.stringify(String(key))}]`;
        look(key, at);
        if (field.mapKind === 'message') found.push(...findNulViolations(item as ReflectMessage, `${at}.`));
        else look(item, at);
      }
  }
  return found;
}
