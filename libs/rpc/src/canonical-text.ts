import { type DescField, type DescMessage, getOption, type Message, ScalarType } from '@bufbuild/protobuf';
import type { Path } from '@bufbuild/protobuf/reflect';
import { isWrapperDesc } from '@bufbuild/protobuf/wkt';
import { field as fieldRules, Ignore } from '@bufbuild/protovalidate/gen/buf/validate/validate_pb.js';
import { canonical_form as canonicalForm } from '@gatehouse/contracts/api';
import type { FieldViolation } from '@gatehouse/errors';
import { type TextForm, textForms } from './canonical-forms';
import { toJsonPath } from './json-path';

/** Violations that one answer names at most. */
export const maxViolations = 20;

/** Where the walk through a message is, and what it has found. */
interface Walk {
  readonly path: Path;
  readonly faults: FieldViolation[];
  /** Inside of a field whose rules the contract ignores always: its faults are for who checks it alone. */
  readonly isIgnored?: boolean;
}
/** Gives a value in its canonical form: itself, where that is the form it has. Lists and messages are changed in place. */
type Convert = (value: never, walk: Walk) => unknown;
interface TextField {
  readonly field: DescField;
  readonly convert: Convert;
}
type Fields = Record<string, unknown>;

const faultsOf = new WeakMap<Message, readonly FieldViolation[]>();

/**
 * Brings every string of a message into its one form, in place, so that whoever compares strings later compares what they
 * mean: Unicode's NFC, and what (gatehouse.api.v1.canonical_form) asks for. Bytes stay as they are, the content of an Any too.
 */
export function canonicalize(type: DescMessage, message: Message): void {
  const walk: Walk = { path: [], faults: [] };
  visit(planOf(type), message as unknown as Fields, walk);
  if (walk.faults.length) faultsOf.set(message, walk.faults);
}

/** What kept a message from its canonical form: NUL, which PostgreSQL's text cannot hold, too many combining characters, map keys that became equal, faults of a form. */
export const canonicalFaultsOf = (message: Message): readonly FieldViolation[] => faultsOf.get(message) ?? [];

/** @throws when the contract asks for the canonical form of what is no string */
export function requireCanonicalForms(type: DescMessage): void {
  planOf(type);
}

const plans = new WeakMap<DescMessage, readonly TextField[]>();

function planOf(type: DescMessage): readonly TextField[] {
  const known = plans.get(type);
  if (known) return known;
  const plan: TextField[] = [];
  // before its fields: one of them may be of the same type
  plans.set(type, plan);
  for (const field of type.fields) {
    const convert = toConvert(field);
    if (convert) plan.push({ field, convert });
  }
  return plan;
}

function visit(plan: readonly TextField[], message: Fields, walk: Walk): void {
  for (const { field, convert } of plan) {
    const choice = field.oneof && (message[field.oneof.localName] as { case?: string; value?: unknown });
    const [holder, name] = choice ? [choice as Fields, 'value'] : [message, field.localName];
    const value = choice && choice.case !== field.localName ? undefined : holder[name];
    if (value === undefined) continue;
    const converted = within(walk, field, () => convert(value as never, walk));
    if (converted !== value) holder[name] = converted;
  }
}

function toConvert(field: DescField): Convert | undefined {
  const convert = toFieldConvert(field);
  const isIgnored = getOption(field, fieldRules).ignore === Ignore.ALWAYS;
  return convert && isIgnored ? (value, walk) => convert(value, { ...walk, isIgnored }) : convert;
}

function toFieldConvert(field: DescField): Convert | undefined {
  const form = textForms[getOption(field, canonicalForm)];
  const text = toTextConvert(form);
  const isText = (field.fieldKind === 'scalar' || field.fieldKind === 'list') && field.scalar === ScalarType.STRING;
  if (form && !isText) throw new Error(`${field}: only a string, or a list of them, has a canonical form`);
  switch (field.fieldKind) {
    case 'scalar':
      return isText ? text : undefined;
    case 'message':
      return toMessageConvert(field, field.message);
    case 'list': {
      const item = field.message ? toMessageConvert(field, field.message) : isText ? text : undefined;
      return item && ((items: unknown[], walk) => convertList(items, item, walk));
    }
    case 'map': {
      const key = field.mapKey === ScalarType.STRING ? text : asItIs;
      const value = field.message ? toMessageConvert(field, field.message) : field.scalar === ScalarType.STRING ? text : asItIs;
      return key === asItIs && value === asItIs ? undefined : (map: Fields, walk) => convertMap(map, key, value, walk);
    }
    default:
      return undefined;
  }
}

const asItIs: Convert = (value) => value;

/** protobuf-es has a plain value in the place of a Struct and of most wrappers. */
function toMessageConvert(field: DescField, type: DescMessage): Convert {
  if (type.typeName === 'google.protobuf.Struct' && field.parent?.typeName !== 'google.protobuf.Value') return convertJson;
  if (isWrapperDesc(type) && field.fieldKind === 'message' && !field.oneof) return type.fields[0]!.scalar === ScalarType.STRING ? plainText : asItIs;
  return (message: Fields, walk) => (visit(planOf(type), message, walk), message);
}

// text up to here is in NFC as it is, and most of it is this
const isUnclear = /[\0\u0300-\uffff]/;

// to order more of them takes the square of their number: nothing that is written has so many (UAX #15 §13)
const isPiledUp = /(?<!\p{M})\p{M}{31}/u;

function toTextConvert(form: TextForm | undefined): (text: string, walk: Walk) => string {
  return (text, walk) => {
    const isPlain = !isUnclear.test(text);
    if (!isPlain && isPiledUp.test(text)) return (report(walk, 'must not have more than 30 combining characters in a row', 'string.combining'), text);
    const normal = isPlain ? text : text.normalize('NFC');
    if (!isPlain && normal.includes('\0')) report(walk, 'must not contain the character NUL', 'string.nul');
    else if (form) {
      const fault = form.findFault?.(normal);
      if (!fault) return form.rewrite(normal);
      report(walk, fault.description, fault.reason);
    }
    return normal;
  };
}
const plainText = toTextConvert(undefined);

function convertList(items: unknown[], convert: Convert, walk: Walk): unknown[] {
  items.forEach((item, index) => {
    const converted = within(walk, { kind: 'list_sub', index }, () => convert(item as never, walk));
    if (converted !== item) items[index] = converted;
  });
  return items;
}

const lostKey = 'map.key';

function convertMap(map: Fields, toKey: Convert, toValue: Convert, walk: Walk): Fields {
  const before = Object.entries(map);
  const known = new Set<unknown>();
  const after = before.map(([key, value]) =>
    within(walk, { kind: 'map_sub', key }, () => {
      const entry = [toKey(key as never, walk) as string, toValue(value as never, walk)] as const;
      // the handler's message has plain objects for maps, where this is no key
      if (entry[0] === '__proto__') report(walk, 'cannot be a key', lostKey);
      if (known.has(entry[0])) report(walk, 'is a key twice, in two ways of writing it', 'map.unique');
      known.add(entry[0]);
      return entry;
    }),
  );
  const isSame = before.every(([key, value], index) => key === after[index]![0] && value === after[index]![1]);
  return isSame ? map : Object.fromEntries(after);
}

function convertJson(value: unknown, walk: Walk): unknown {
  if (typeof value === 'string') return plainText(value, walk);
  if (typeof value !== 'object' || value === null) return value;
  return Array.isArray(value) ? convertList(value, convertJson, walk) : convertMap(value as Fields, plainText, convertJson, walk);
}

function within<T>({ path }: Walk, part: Path[number], work: () => T): T {
  (path as Path[number][]).push(part);
  const result = work();
  (path as Path[number][]).pop();
  return result;
}

function report({ path, faults, isIgnored }: Walk, description: string, reason: string): void {
  // who checks the handler's message could not see this one
  if (isIgnored && reason !== lostKey) return;
  if (faults.length < maxViolations) faults.push({ field: toJsonPath(path), description, reason });
}
