import { type DescExtension, type DescField, type DescMessage, type FileRegistry, getOption, hasOption } from '@bufbuild/protobuf';
import type { RpcMethod } from '@gatehouse/rpc';
import { METHODS } from 'node:http';
import { parsePathTemplate, type PathTemplate } from './path-template';

/** google.api.HttpRule, as the descriptor set gives it. */
interface HttpRule {
  pattern:
    { case: 'get' | 'put' | 'post' | 'delete' | 'patch'; value: string } | { case: 'custom'; value: { kind: string; path: string } } | { case: undefined };
  body: string;
  responseBody: string;
  additionalBindings: HttpRule[];
}

/** What a custom rule names that leaves the HTTP method open (google/api/http.proto, CustomHttpPattern). */
export const anyMethod = '*';

/** One way to call a method over HTTP. */
export interface Route {
  readonly rpc: RpcMethod;
  /** `*` for any. */
  readonly httpMethod: string;
  /** Which of the method's rules it is: 0 for the first, then its additional bindings. */
  readonly binding: number;
  readonly template: PathTemplate;
  /** What the body is: the whole request, one field of it, or nothing. */
  readonly body: '*' | DescField | undefined;
  /** The field that is the response, if it is not the whole message. */
  readonly responseBody: DescField | undefined;
}

/**
 * The routes that google.api.http gives to methods, the most literal template first.
 * @throws an Error that names every unusable or conflicting rule
 */
export function readRoutes(registry: FileRegistry, methods: readonly RpcMethod[]): readonly Route[] {
  const http = registry.getExtension('google.api.http');
  if (!http) return [];
  const problems: string[] = [];
  const routes = methods.flatMap((method) => toRoutes(method, http, problems));
  const taken = new Map<string, Route>();
  for (const route of routes) {
    const key = `${route.httpMethod} ${route.template.shape}`;
    const other = taken.get(key);
    if (other) problems.push(`${route.rpc.path}: ${route.httpMethod} ${route.template.source} is taken by ${other.rpc.path} (${other.template.source})`);
    taken.set(key, route);
  }
  if (problems.length) throw new Error(`the contract's HTTP rules cannot be served:\n${problems.join('\n')}`);
  return routes.sort((one, other) => Number(one.template.rank > other.template.rank) - Number(one.template.rank < other.template.rank));
}

function toRoutes(rpc: RpcMethod, http: DescExtension, problems: string[]): Route[] {
  if (!hasOption(rpc.descriptor, http)) return [];
  const rule = getOption(rpc.descriptor, http) as HttpRule;
  return [rule, ...rule.additionalBindings].flatMap((binding, index) => {
    try {
      return [toRoute(rpc, binding, index)];
    } catch (error) {
      problems.push(`${rpc.path}: ${(error as Error).message}`);
      return [];
    }
  });
}

function toRoute(rpc: RpcMethod, { pattern, body, responseBody, additionalBindings }: HttpRule, binding: number): Route {
  if (pattern.case === undefined) throw new Error('its HTTP rule has no path');
  const [httpMethod, path] = pattern.case === 'custom' ? [pattern.value.kind, pattern.value.path] : [pattern.case.toUpperCase(), pattern.value];
  if (httpMethod !== anyMethod && (!METHODS.includes(httpMethod) || httpMethod === 'CONNECT'))
    throw new Error(`${path}: ${httpMethod} is no HTTP method that can be served`);
  if (additionalBindings.some(({ additionalBindings: nested }) => nested.length)) throw new Error(`${path}: an additional binding has bindings of its own`);
  const template = parsePathTemplate(path);
  const { input, output } = rpc.descriptor;
  if (rpc.requestStream && body === '') throw new Error(`${path}: a stream of requests needs a body`);
  for (const { fieldPath } of template.variables) {
    const field = findField(input, fieldPath);
    if (!field || field.fieldKind === 'list' || field.fieldKind === 'map' || isNestedMessage(field))
      throw new Error(`${path}: {${fieldPath}} is no single value of ${input.typeName}`);
    if (body && body === fieldPath) throw new Error(`${path}: {${fieldPath}} is the body too`);
  }
  return {
    rpc,
    httpMethod,
    binding,
    template,
    body: body === '' ? undefined : body === '*' ? '*' : requireField(input, body, 'body'),
    responseBody: responseBody === '' ? undefined : requireField(output, responseBody, 'response_body'),
  };
}

function requireField(message: DescMessage, name: string, option: string): DescField {
  const field = message.fields.find((each) => each.name === name);
  if (!field) throw new Error(`${option}: ${message.typeName} has no field ${name}`);
  return field;
}

// well-known types whose JSON is an object, or anything
const compound: ReadonlySet<string> = new Set(['Any', 'Empty', 'Struct', 'Value', 'ListValue'].map((name) => `google.protobuf.${name}`));

/** Whether the field holds messages that have no single value in JSON. */
export const isNestedMessage = ({ message }: DescField): boolean =>
  message !== undefined && (!message.typeName.startsWith('google.protobuf.') || compound.has(message.typeName));

/** The type of raw bodies. */
export const httpBody = 'google.api.HttpBody';

/** The field at a path, by proto or JSON names. */
export function findField(message: DescMessage, path: string): DescField | undefined {
  let schema: DescMessage | undefined = message;
  let field: DescField | undefined;
  for (const name of path.split('.')) {
    field = schema?.fields.find((each) => each.name === name || each.jsonName === name);
    if (!field) return undefined;
    schema = field.fieldKind === 'message' ? field.message : undefined;
  }
  return field;
}
