import { type FileRegistry, fromJson, type JsonObject, type JsonValue, type Message } from '@bufbuild/protobuf';
import { requestUnreadable } from '@gatehouse/contracts/api';
import type { FieldViolation } from '@gatehouse/errors';
import { hasBehavior } from './field-behavior';
import { fillMask } from './field-mask';
import { explainRefusal, maxViolations, toFieldText } from './json-violations';
import { findNonCanonical } from './non-canonical';
import { decode, decodeOpen, readParameters } from './percent-encoding';
import { type FieldText, putText } from './put-text';
import { findField, isNestedMessage, type Route } from './route';

/** What an HTTP request says, before it is known to be right. */
export interface HttpInput {
  /** Encoded values of the template's variables; undefined for what follows the first message of a stream. */
  readonly path?: readonly string[];
  /** Query string without the question mark. */
  readonly query?: string;
  /** Parsed JSON; undefined when there was no body. */
  readonly body: JsonValue | undefined;
  /** A form in place of a body. */
  readonly form?: string;
  /** What headers say of fields. */
  readonly headers?: readonly FieldText[];
}

/**
 * Builds the request message of a route from path, query, headers and body, by the rules of google/api/http.proto.
 * @throws requestUnreadable with a violation for each thing that is wrong
 */
export function bindRequest(route: Route, { path, query = '', body, form, headers = [] }: HttpInput, registry: FileRegistry): Message {
  const schema = route.rpc.descriptor.input;
  const violations: FieldViolation[] = [];
  const json = form === undefined ? toBodyObject(route, body, violations) : {};
  if (form !== undefined) bindForm(route, form, json, violations);
  if (path)
    route.template.variables.forEach(({ fieldPath, isOpen }, index) => {
      const value = isOpen ? decodeOpen(path[index]!) : decode(path[index]!);
      if (value === undefined) violations.push({ field: fieldPath, description: 'is not valid percent-encoded UTF-8', reason: 'path.encoding' });
      // the path says which resource is meant, by another of its names perhaps
      else
        putText(json, schema, { path: fieldPath, values: [value], replaces: hasBehavior(findField(schema, fieldPath)!, 'IDENTIFIER', registry) }, violations);
    });
  bindQuery(route, query, json, violations);
  for (const text of headers) putText(json, schema, text, violations);
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
  violations.push(...findNonCanonical(schema, json, registry).filter(({ field }) => !named.has(field)));
  if (!message || violations.length) throw requestUnreadable({ cause, violations: violations.slice(0, maxViolations) });
  fillMask(route, message, body, registry);
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
  // in JSON null is a field that is not there, and a body is there
  if (rule !== '*' && body === null && rule.fieldKind === 'message' && isNestedMessage(rule))
    violations.push({ field: rule.jsonName, description: 'must be a JSON object', reason: 'json.type' });
  // a copy: the path and the headers add to it
  if (rule !== '*') return { [rule.jsonName]: typeof body === 'object' && body !== null && !Array.isArray(body) ? { ...body } : body };
  if (typeof body === 'object' && body !== null && !Array.isArray(body)) return { ...body };
  violations.push({ field: '', description: 'must be a JSON object', reason: 'json.type' });
  return {};
}

function bindQuery({ rpc, body }: Route, query: string, json: JsonObject, violations: FieldViolation[]): void {
  const onBroken = (field: string) => violations.push({ field, description: 'is not valid percent-encoded UTF-8', reason: 'query.encoding' });
  for (const [name, values] of readParameters(query, onBroken)) {
    const field = body === '*' ? undefined : findField(rpc.descriptor.input, name);
    const isOfBody = typeof body === 'object' && (name.split('.')[0] === body.name || name.split('.')[0] === body.jsonName);
    if (!field || isOfBody) violations.push({ field: toFieldText(name), description: 'is not a query parameter of this method', reason: 'query.unknown' });
    else if (field.fieldKind === 'map' || isNestedMessage(field))
      violations.push({ field: name, description: 'cannot be given in a query', reason: 'query.type' });
    else putText(json, rpc.descriptor.input, { path: name, values }, violations);
  }
}

/** A form names fields as a query does. Parameters that are unknown or empty are passed over, none may come twice (RFC 6749 §3.2). */
function bindForm({ rpc, body }: Route, form: string, json: JsonObject, violations: FieldViolation[]): void {
  const prefix = typeof body === 'object' ? `${body.name}.` : '';
  const onBroken = (field: string) => violations.push({ field, description: 'is not valid percent-encoded UTF-8', reason: 'form.encoding' });
  for (const [name, values] of readParameters(form, onBroken)) {
    const path = prefix + name;
    const field = findField(rpc.descriptor.input, path);
    if (!field || field.fieldKind === 'map' || isNestedMessage(field) || values.join('') === '') continue;
    putText(json, rpc.descriptor.input, { path, values }, violations);
  }
}
