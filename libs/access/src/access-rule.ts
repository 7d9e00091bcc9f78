import { getOption, hasOption, ScalarType, type DescField, type DescMessage } from '@bufbuild/protobuf';
import { reflect } from '@bufbuild/protobuf/reflect';
import { type AccessRule, access, canonical_form as canonicalForm, CanonicalForm } from '@gatehouse/contracts/api';
import type { RpcCall, RpcMethod } from '@gatehouse/rpc';
import { isAssuranceLevel } from './proof';

/**
 * The access rule that the contract gives a method.
 * @throws when it has none, or one that names what is not there.
 */
export function accessRuleOf(method: RpcMethod): AccessRule {
  if (!hasOption(method.descriptor, access)) throw new Error(`${method.path} has no (gatehouse.api.v1.access)`);
  const rule = getOption(method.descriptor, access);
  switch (rule.rule.case) {
    case undefined:
      throw new Error(`${method.path}: its (gatehouse.api.v1.access) names no rule`);
    case 'permission':
      if (!rule.rule.value.permission) throw new Error(`${method.path}: its access rule names no permission`);
      break;
    case 'selfOrPermission':
      if (!rule.rule.value.permission) throw new Error(`${method.path}: its access rule names no permission`);
      findSubjectFields(method.descriptor.input, rule.rule.value.subjectField, method.path);
      break;
    case 'serviceOnly':
      if (!rule.services.length) throw new Error(`${method.path}: its access rule admits nobody`);
  }
  if (rule.proof?.acr && !isAssuranceLevel(rule.proof.acr))
    throw new Error(`${method.path}: its access rule asks for the acr ${rule.proof.acr}, which nobody has`);
  if (rule.proof && (rule.rule.case === 'public' || rule.rule.case === 'serviceOnly'))
    throw new Error(`${method.path}: its access rule asks for a proof, but admits nobody who could have it`);
  return rule;
}

/** Whether the rule asks for no token. */
export const isPublic = (rule: AccessRule): boolean => rule.rule.case === 'public';

/** The access rules of all methods; names every method that has none in one error. */
export function readAccessRules(methods: readonly RpcMethod[]): ReadonlyMap<string, AccessRule> {
  const problems: string[] = [];
  const rules = new Map<string, AccessRule>();
  for (const method of methods)
    try {
      rules.set(method.path, accessRuleOf(method));
    } catch (error) {
      problems.push((error as Error).message);
    }
  if (problems.length) throw new Error(`the contract does not say who may call:\n${problems.join('\n')}`);
  return rules;
}

/** The user id that the subject field of the request holds, or of the first of a stream of them. */
export async function readSubject(call: RpcCall, path: string): Promise<string | undefined> {
  const fields = findSubjectFields(call.method.descriptor.input, path, call.method.path);
  const message = await call.firstMessage();
  if (!message) return undefined;
  let value = reflect(call.method.descriptor.input, message);
  for (const field of fields.slice(0, -1)) {
    if (field.fieldKind !== 'message' || !value.isSet(field)) return undefined;
    value = value.get(field);
  }
  return value.get(fields.at(-1)!) as string;
}

function findSubjectFields(message: DescMessage, path: string, method: string): readonly DescField[] {
  const fields: DescField[] = [];
  let schema: DescMessage | undefined = message;
  for (const name of path.split('.')) {
    const field: DescField | undefined = schema?.fields.find((each) => each.name === name);
    if (!field) throw new Error(`${method}: its access rule names the field ${path}, which ${message.typeName} does not have`);
    fields.push(field);
    schema = field.fieldKind === 'message' ? field.message : undefined;
  }
  const last = fields.at(-1);
  if (last?.fieldKind !== 'scalar' || last.scalar !== ScalarType.STRING)
    throw new Error(`${method}: its access rule names the field ${path}, which holds no user id: it is not a string`);
  if (getOption(last, canonicalForm) !== CanonicalForm.UUID)
    throw new Error(`${method}: its access rule names the field ${path}, which needs the canonical form of a UUID`);
  return fields;
}
