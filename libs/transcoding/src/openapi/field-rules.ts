import { type DescExtension, type DescField, type DescMessage, type DescOneof, type FileRegistry, getOption, hasOption, toJson } from '@bufbuild/protobuf';
import { canonical_form as canonicalForm, CanonicalForm } from '@gatehouse/contracts/api';

type Value = string | number | boolean;

/** The rules of one kind of value, as buf.validate has them in JSON: 64-bit numbers are strings. */
export interface ValueRules {
  const?: Value;
  in?: Value[];
  notIn?: Value[];
  gt?: Value;
  gte?: Value;
  lt?: Value;
  lte?: Value;
  len?: string;
  minLen?: string;
  maxLen?: string;
  minBytes?: string;
  maxBytes?: string;
  lenBytes?: string;
  pattern?: string;
  prefix?: string;
  suffix?: string;
  contains?: string;
  notContains?: string;
  minItems?: string;
  maxItems?: string;
  unique?: boolean;
  items?: FieldRules;
  minPairs?: string;
  maxPairs?: string;
  keys?: FieldRules;
  values?: FieldRules;
  definedOnly?: boolean;
  example?: Value[];
  [rule: string]: unknown;
}

/** buf.validate.FieldRules in JSON. */
export interface FieldRules {
  required?: boolean;
  ignore?: 'IGNORE_UNSPECIFIED' | 'IGNORE_IF_ZERO_VALUE' | 'IGNORE_ALWAYS';
  cel?: { id?: string; message?: string; expression?: string }[];
  [kind: string]: unknown;
}

const kinds =
  'float double int32 int64 uint32 uint64 sint32 sint64 fixed32 fixed64 sfixed32 sfixed64 bool string bytes enum repeated map any duration timestamp fieldMask'.split(
    ' ',
  );

/** The buf.validate rules of a field; none where they are not to be looked at. */
export function readFieldRules(field: DescField, registry: FileRegistry): FieldRules {
  const rules = readOption(field, 'buf.validate.field', registry) as FieldRules;
  return rules.ignore === 'IGNORE_ALWAYS' ? {} : rules;
}

/** The rules for the kind of value that the field holds. */
export function valueRulesOf(rules: FieldRules): ValueRules {
  const kind = kinds.find((name) => name in rules);
  return kind ? (rules[kind] as ValueRules) : {};
}

/** A group of fields of which one at most, or exactly one, may be set. */
export interface Choice {
  readonly fields: readonly DescField[];
  readonly isRequired: boolean;
}

/** The oneofs of a message, those of the language and those of its rules. */
export function readChoices(message: DescMessage, registry: FileRegistry): Choice[] {
  const declared = message.oneofs.map((oneof) => ({
    fields: oneof.fields,
    isRequired: (readOption(oneof, 'buf.validate.oneof', registry) as { required?: boolean }).required === true,
  }));
  const { oneof: ruled = [] } = readOption(message, 'buf.validate.message', registry) as { oneof?: { fields?: string[]; required?: boolean }[] };
  return [
    ...declared,
    ...ruled.map(({ fields = [], required = false }) => ({
      fields: fields.flatMap((name) => message.fields.find((field) => field.name === name) ?? []),
      isRequired: required,
    })),
  ];
}

/** What the rules that only an expression can say ask for, in their own words. */
export function readMessageNotes(message: DescMessage, registry: FileRegistry): string[] {
  return toNotes((readOption(message, 'buf.validate.message', registry) as FieldRules).cel);
}

/** The sentences of CEL rules. */
export const toNotes = (cel: FieldRules['cel'] = []): string[] =>
  cel.flatMap(({ message }) => (message ? [`${message[0]!.toUpperCase()}${message.slice(1).replace(/\.$/, '')}.`] : []));

/** What a canonical form makes of a value, in a sentence. */
export function readFormNotes(field: DescField): string[] {
  const note = formNotes[getOption(field, canonicalForm)];
  return note ? [note] : [];
}

const formNotes: Readonly<Partial<Record<CanonicalForm, string>>> = {
  [CanonicalForm.EMAIL]: 'Its domain is taken in lower case and as A-labels (RFC 5890).',
  [CanonicalForm.UUID]: 'Capitals of a UUID are taken as lower case.',
  [CanonicalForm.NAME]: 'Space around it is dropped, and a run of spaces is one; control characters and bidirectional controls are refused.',
};

/** What rules of the contract's own kind, which extend those of buf.validate, ask for. */
export function readOwnNotes(rules: ValueRules, registry: FileRegistry): string[] {
  return Object.keys(rules).flatMap((name) => {
    const extension = /^\[(.+)\]$/.exec(name)?.[1];
    const rule = extension === undefined ? undefined : registry.getExtension(extension);
    return rule ? toNotes((readOption(rule, 'buf.validate.predefined', registry) as FieldRules).cel) : [];
  });
}

function readOption(desc: DescField | DescMessage | DescOneof | DescExtension, name: string, registry: FileRegistry): object {
  const extension = registry.getExtension(name);
  if (!extension?.message || !hasOption(desc, extension)) return {};
  return toJson(extension.message, getOption(desc, extension) as never, { registry }) as object;
}
