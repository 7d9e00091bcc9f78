import { getOption, hasOption, type JsonObject, type JsonValue } from '@bufbuild/protobuf';
import { descriptorSet as userContract } from '@gatehouse/contracts/user';
import { createRegistryOf, type RpcMethod } from '@gatehouse/rpc';

const extension = createRegistryOf([userContract]).getExtension('google.api.http')!;

export interface HttpRule {
  readonly verb: string;
  /** `/v1/users/{user.id}`. */
  readonly path: string;
  /** The field that is the body, or `*`; empty where there is none. */
  readonly body: string;
}

/** The route that the contract gives a method; undefined where it gives none. */
export function httpRuleOf({ descriptor }: RpcMethod): HttpRule | undefined {
  if (!hasOption(descriptor, extension)) return undefined;
  const { pattern, body } = getOption(descriptor, extension) as unknown as { pattern: { case: string; value: string }; body: string };
  return { verb: pattern.case.toUpperCase(), path: pattern.value, body };
}

/** Where a request goes by HTTP. */
export function toHttpRequest(method: RpcMethod, request: JsonObject): { method: string; path: string; body?: JsonValue } {
  const { verb, path, body } = httpRuleOf(method)!;
  const rest = structuredClone(request);
  const filled = path.replace(/\{([^}]+)\}/g, (_, field: string) => encodeURIComponent(take(rest, field.split('.'))));
  const content = body === '*' ? rest : body ? (rest[body] ?? {}) : undefined;
  if (body === '*') return { method: verb, path: filled, body: content };
  const query = new URLSearchParams(
    Object.entries(rest).flatMap(([name, value]) => (name === body ? [] : [value].flat().map((each): [string, string] => [name, String(each)]))),
  ).toString();
  return { method: verb, path: query ? `${filled}?${query}` : filled, body: content };
}

/** Takes a field out of a request, which may have it by its name in the proto or in JSON. */
function take(message: JsonObject, [field, ...inner]: string[]): string {
  const name = field! in message ? field : field!.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
  const value = message[name!];
  if (inner.length) return take((message[name!] ??= {}) as JsonObject, inner);
  delete message[name!];
  return String(value ?? '');
}
