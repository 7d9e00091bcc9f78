import type { DescField } from '@bufbuild/protobuf';
import { type FieldRules, valueRulesOf } from './field-rules';

const neverEmpty = ['email', 'hostname', 'ip', 'ipv4', 'ipv6', 'address', 'uri', 'uuid', 'tuuid', 'ulid', 'hostAndPort'];

/**
 * Whether a request without the field breaks its rules. A field without presence that is left out is its zero value, which
 * the rules see like any other.
 */
export function isRequired(field: DescField, rules: FieldRules): boolean {
  if (rules.required) return true;
  if (field.presence !== implicit || field.oneof || rules.ignore === 'IGNORE_IF_ZERO_VALUE') return false;
  const { const: constant, in: allowed, notIn, gt, gte, lt, lte, len, minLen, pattern, minItems, minPairs, ...flags } = valueRulesOf(rules);
  if (Number(len ?? 0) > 0 || Number(minLen ?? 0) > 0 || Number(minItems ?? 0) > 0 || Number(minPairs ?? 0) > 0) return true;
  if (field.fieldKind === 'list' || field.fieldKind === 'map') return false;
  const isZero = (value: unknown) => value === 0 || value === '' || value === '0' || value === false;
  if ((constant !== undefined && !isZero(constant)) || (allowed && !allowed.some(isZero)) || notIn?.some(isZero)) return true;
  if (neverEmpty.some((name) => flags[name] === true) || (pattern !== undefined && !isMatch(pattern))) return true;
  return Number(gt ?? -1) >= 0 || Number(gte ?? 0) > 0 || Number(lt ?? 1) <= 0 || Number(lte ?? 0) < 0;
}

// google.protobuf.FeatureSet.FieldPresence.IMPLICIT
const implicit = 2;

/** Whether the pattern takes an empty string; one that JavaScript cannot read is taken to. */
function isMatch(pattern: string): boolean {
  try {
    return new RegExp(pattern, 'u').test('');
  } catch {
    return true;
  }
}
