import { type DescMessage, type FileRegistry, fromBinary, type Message, toJson } from '@bufbuild/protobuf';
import { reflect } from '@bufbuild/protobuf/reflect';
import { toEntityTag } from './preconditions';
import { findField, httpBody, type Route } from './route';

/** google.api.HttpBody, as protobuf-es reads it. */
export interface RawBody {
  readonly contentType: string;
  readonly data: Uint8Array;
}

/** A response, read. */
export interface Rendered {
  /** Canonical JSON of what the route answers; undefined when that is a raw body. */
  readonly text: string | undefined;
  readonly raw: RawBody | undefined;
  readonly etag: string | undefined;
  /** The value at a path, as text; undefined when it is not set. */
  read(path: string): string | undefined;
}

/** What the route answers: the response, or one field of it. */
const schemaOf = ({ rpc, responseBody }: Route): DescMessage | undefined => (responseBody ? responseBody.message : rpc.descriptor.output);

/** Whether the route answers raw bytes in place of JSON. */
export const isRaw = (route: Route): boolean =>
  schemaOf(route)?.typeName === httpBody && (route.responseBody === undefined || route.responseBody.fieldKind === 'message');

/** Gives what reads the responses of a route. */
export function createRender(route: Route, registry: FileRegistry): (bytes: Uint8Array) => Rendered {
  const { output } = route.rpc.descriptor;
  const raw = isRaw(route);
  return (bytes) => {
    const message = fromBinary(output, bytes);
    const content = route.responseBody ? (message as unknown as Record<string, unknown>)[route.responseBody.localName] : message;
    if (raw)
      return {
        text: undefined,
        raw: (content ?? { contentType: '', data: new Uint8Array() }) as RawBody,
        etag: undefined,
        read: (path) => readText(output, message, path),
      };
    const json = toJson(output, message, { registry, alwaysEmitImplicit: true }) as Record<string, unknown>;
    const body = route.responseBody ? (json[route.responseBody.jsonName] ?? null) : json;
    return {
      text: JSON.stringify(body),
      raw: undefined,
      etag: toEntityTag((content as { etag?: unknown } | undefined)?.etag),
      read: (path) => readText(output, message, path),
    };
  };
}

function readText(schema: DescMessage, message: Message, path: string): string | undefined {
  let value = reflect(schema, message);
  const names = path.split('.');
  for (const name of names.slice(0, -1)) {
    const field = findField(value.desc, name);
    if (field?.fieldKind !== 'message' || !value.isSet(field)) return undefined;
    value = value.get(field);
  }
  const field = findField(value.desc, names.at(-1)!);
  return field?.fieldKind === 'scalar' && value.isSet(field) ? String(value.get(field)) : undefined;
}
