import type { DescField, DescMessage, FileRegistry } from '@bufbuild/protobuf';
import { readChoices } from './field-rules';
import type { Schema } from './openapi-document';
import type { RuleKeywords } from './rule-keywords';

/** Says that of some fields of a message one at most, or exactly one, may be there. */
export function toChoiceKeywords(message: DescMessage, fields: readonly DescField[], registry: FileRegistry): RuleKeywords {
  const choices = readChoices(message, registry)
    .map(({ fields: all, isRequired }) => ({
      names: all.filter((field) => fields.includes(field)).map(({ jsonName }) => jsonName),
      isWhole: all.every((field) => fields.includes(field)),
      isRequired,
    }))
    .filter(({ names }) => names.length > 1);
  const exact = choices.flatMap(({ names, isWhole, isRequired }): Schema[] =>
    isRequired && isWhole ? [{ oneOf: names.map((name) => ({ required: [name] })) }] : [],
  );
  const pairs = choices.flatMap(({ names, isWhole, isRequired }) => (isRequired && isWhole ? [] : toPairs(names)));
  const keywords: Schema = {
    ...(exact.length > 1 ? { allOf: exact } : exact[0]),
    ...(pairs.length ? { not: pairs.length > 1 ? { anyOf: pairs.map((required) => ({ required })) } : { required: pairs[0] } } : {}),
  };
  return {
    keywords,
    notes: choices.map(({ names, isRequired }) => `${isRequired ? 'Exactly' : 'At most'} one of ${names.map((name) => `\`${name}\``).join(', ')} is set.`),
  };
}

const toPairs = (names: readonly string[]): string[][] => names.flatMap((name, index) => names.slice(index + 1).map((other) => [name, other]));
