import { type DescField, type DescMessage, fromJson, type JsonObject, type JsonValue, type Message, type Registry, ScalarType } from '@bufbuild/protobuf';
import { requestUnreadable } from '@gatehouse/contracts/api';
import type { FieldViolation } from '@gatehouse/errors';
import { explainRefusal, maxViolations, toFieldText } from './json-violations';
import { findNonCanonical, scalarOf } from './non-canonical';
import { findField, isNestedMessage, type Route } from './route';

/** What an HTTP request says, before it is known to be right. */
export interface HttpInput {
  /** Encoded values of the template's variables. */
  readonly path: readonly string[];
  /** Query string without the question mark. */
  readonly query: string;
  /** Parsed JSON; undefined when there was no body. */
  readonly body: JsonValue | undefined;
}

/**
 * Builds the request message of a route from path, query and body, by the rules of google/api/http.proto.
 * @throws requestUnreadable with a violation for each thing that is wrong
 */
export function bindRequest(route: Route, { path, query, body }: HttpInput, registry: Registry): Message {
  const schema = route.rpc.descriptor.input;
  const violations: FieldViolation[] = [];
  const json = toBodyObject(route, body, violations);
  route.template.variables.forEach(({ fieldPath, isOpen }, index) => {
    const value = isOpen ? decodeOpen(path[index]!) : decode(path[index]!);
    if (value === undefined) violations.push({ field: fieldPath, description: 'is not valid percent-encoded UTF-8', reason: 'path.encoding' });
    else put(json, schema, fieldPath, [value], violations);
  });
  bindQuery(route, query, json, violations);
  const options = { registry, ignoreUnknownFields: false };
  let message: Message | undefined;
  let cause: unknown;
  try {
    message = fromJson(schema, json, options);
  } catch (error) {
    cause = error;
    violations.push(...explainRefusal(schema, json, options));
  }
  const named = new Set(violations.map(({ field }) => field));
  violations.push(...findNonCanonical(schema, json).filter(({ field }) => !named.has(field)));
  if (!message || violations.length) throw requestUnreadable({ cause, violations: violations.slice(0, maxViolations) });
  return message;
}

function toBodyObject({ body: rule }: Route, body: JsonValue | undefined, violations: FieldViolation[]): JsonObject {
  if (rule === undefined) {
    if (body !== undefined) violations.push({ field: '', description: 'this method takes no body', reason: 'body.unexpected' });
    return {};
  }
  if (body === undefined) {
    violations.push({ field: '', description: 'a JSON body is required', reason: 'body.missing' });
    return {};
  }
  if (rule !== '*') return { [rule.jsonName]: body };
  if (typeof body === 'object' && body !== null && !Array.isArray(body)) return { ...body };
  violations.push({ field: '', description: 'must be a JSON object', reason: 'json.type' });
  return {};
}

function bindQuery({ rpc, body }: Route, query: string, json: JsonObject, violations: FieldViolation[]): void {
  const values = new Map<string, string[]>();
  for (const pair of query.split('&')) {
    if (!pair) continue;
    const cut = pair.indexOf('=');
    const name = decode(plusToSpace(cut === -1 ? pair : pair.slice(0, cut)));
    const value = decode(plusToSpace(cut === -1 ? '' : pair.slice(cut + 1)));
    if (name === undefined || value === undefined) violations.push({ field: name ?? '', description: 'is not valid percent-encoded UTF-8', reason: 'query.encoding' });
    else if (values.has(name)) values.get(name)!.push(value);
    else values.set(name, [value]);
  }
  for (const [name, list] of values) {
    const field = body === '*' ? undefined : findField(rpc.descriptor.input, name);
    const isOfBody = typeof body === 'object' && (name.split('.')[0] === body.name || name.split('.')[0] === body.jsonName);
    if (!field || isOfBody) violations.push({ field: toFieldText(name), description: 'is not a query parameter of this method', reason: 'query.unknown' });
    else if (field.fieldKind === 'map' || isNestedMessage(field) || (field.fieldKind === 'list' && field.listKind === 'message'))
      violations.push({ field: name, description: 'cannot be given in a query', reason: 'query.type' });
    else put(json, rpc.descriptor.input, name, list, violations);
  }
}

/** Puts the text of a path variable or query parameter where its field belongs. */
function put(json: JsonObject, schema: DescMessage, path: string, values: readonly string[], violations: FieldViolation[]): void {
  const names = path.split('.');
  let target = json;
  let message = schema;
  for (const name of names.slice(0, -1)) {
    const field = findField(message, name)!;
    const key = keyOf(target, field);
    if (!Object.hasOwn(target, key) || target[key] === null) target[key] = {};
    const next = target[key];
    // a wrong type, which is told when the whole is read
    if (typeof next !== 'object' || next === null || Array.isArray(next)) return;
    target = next;
    message = field.message!;
  }
  const field = findField(message, names.at(-1)!)!;
  const key = keyOf(target, field);
  const isTwice = Object.hasOwn(target, key) || (field.fieldKind !== 'list' && values.length > 1);
  if (isTwice) return void violations.push({ field: path, description: 'is given twice', reason: 'field.twice' });
  const converted = values.map((value) => toJsonText(field, value));
  target[key] = field.fieldKind === 'list' ? converted : converted[0]!;
}

/** The name by which the object has the field, or would have it. */
const keyOf = (json: JsonObject, field: DescField): string => (!Object.hasOwn(json, field.jsonName) && Object.hasOwn(json, field.name) ? field.name : field.jsonName);

/** proto3 JSON takes numbers as text, but no booleans, and enums by number only as numbers. */
function toJsonText(field: DescField, text: string): JsonValue {
  if (scalarOf(field) === ScalarType.BOOL && (text === 'true' || text === 'false')) return text === 'true';
  if (field.enum && /^-?\d{1,10}$/.test(text)) return Number(text);
  return text;
}

const plusToSpace = (text: string) => text.replaceAll('+', ' ');

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/** An encoded slash in a value of several segments is no separator, so it stays as it is (google/api/http.proto). */
function decodeOpen(text: string): string | undefined {
  const parts = text.split(/(%2f)/i).map((part, index) => (index % 2 ? part : decode(part)));
  return parts.includes(undefined) ? undefined : parts.join('');
}
