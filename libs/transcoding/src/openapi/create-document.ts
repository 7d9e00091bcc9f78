import { createRegistryOf, readMethods, type RpcMethod } from '@gatehouse/rpc';
import type { ErrorDeclaration } from '@gatehouse/errors';
import type { MethodDescription } from '../method-description';
import { anyMethod, readRoutes, type Route } from '../route';
import { answerHeaders } from './answer-response';
import { commentOf } from './comments';
import { createErrorResponses } from './error-responses';
import { createMessageSchemas } from './message-schemas';
import type { DocumentInfo, OpenApiDocument, PathItem } from './openapi-document';
import { toOpenApiPath } from './openapi-path';
import { bearer, toOperation } from './operation';
import { headerParameters } from './parameters';

export interface OpenApiOptions {
  /** A FileDescriptorSet of the contracts to describe, options and imports included; with source info, comments too. */
  descriptors: Uint8Array;
  /** What the document says of the API as a whole; its server is `/` unless others are named. */
  info: DocumentInfo;
  /** What the contract says of a method in options of its own. */
  describe?: (method: RpcMethod) => MethodDescription;
  /** The errors that any method may raise. */
  commonErrors?: readonly ErrorDeclaration[];
  /** Where each reason has a page, `/docs/errors`. */
  errorPages?: string;
}

// what a path of OpenAPI 3.1 can have
const known: ReadonlySet<string> = new Set(['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace']);
const others = 'x-oai-additionalOperations';

/**
 * Describes what a transcoder of the same descriptors serves: each of its routes is an operation.
 * @throws when a rule cannot be served
 */
export function createOpenApiDocument({
  descriptors,
  info: { servers = [{ url: '/' }], ...info },
  describe = () => ({}),
  commonErrors = [],
  errorPages,
}: OpenApiOptions): OpenApiDocument {
  const registry = createRegistryOf([descriptors]);
  const methods = readMethods([descriptors]);
  const routes = readRoutes(registry, methods);
  const schemas = createMessageSchemas(registry);
  const errors = createErrorResponses(commonErrors, errorPages);
  const tagOf = createTags(routes);
  const paths: Record<string, PathItem> = {};
  for (const route of inOrder(routes, methods)) {
    const { rpc, binding } = route;
    const path = toOpenApiPath(route, routes);
    const item = (paths[path.path] ??= {});
    const operationId = `${tagOf(rpc)}_${rpc.name}${binding ? binding + 1 : ''}`;
    const operation = toOperation(route, { schemas, errors, tag: tagOf(rpc), operationId, path, description: describe(rpc) });
    const name = toMethodName(route, item);
    if (known.has(name)) item[name] = operation;
    else item[others] = { ...(item[others] as Record<string, typeof operation>), [name]: operation };
  }
  const services = [...new Set(routes.map(({ rpc }) => rpc.descriptor.parent))];
  const responses = errors.responses();
  return {
    openapi: '3.1.1',
    info,
    jsonSchemaDialect: 'https://spec.openapis.org/oas/3.1/dialect/base',
    servers: [...servers],
    tags: services
      .map((service) => ({ name: tagOf({ service: service.typeName, name: '' }), ...(commentOf(service) ? { description: commentOf(service) } : {}) }))
      .sort((one, other) => (one.name < other.name ? -1 : 1)),
    paths: inAlphabet(paths),
    components: {
      schemas: inAlphabet({ ...schemas.components(), ...errors.schemas() }),
      responses,
      parameters: pickUsed('parameters', headerParameters, paths),
      headers: pickUsed('headers', answerHeaders, { paths, responses }),
      securitySchemes: { [bearer]: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: 'An access token.' } },
    },
  };
}

const inAlphabet = <T>(entries: Record<string, T>): Record<string, T> =>
  Object.fromEntries(Object.entries(entries).sort(([one], [other]) => (one < other ? -1 : 1)));

/** Those of the document's own components that something refers to. */
function pickUsed<T>(kind: string, components: Readonly<Record<string, T>>, users: object): Record<string, T> {
  const text = JSON.stringify(users);
  return Object.fromEntries(Object.entries(components).filter(([name]) => text.includes(`"#/components/${kind}/${name}"`)));
}

/** In the order of the contract, but for rules that leave the HTTP method open: they take what the others leave. */
function inOrder(routes: readonly Route[], methods: readonly RpcMethod[]): Route[] {
  const places = new Map(methods.map(({ path }, index) => [path, index]));
  const toPlace = ({ rpc, binding, httpMethod }: Route) => [Number(httpMethod === anyMethod), places.get(rpc.path)!, binding] as const;
  return [...routes].sort((one, other) => {
    const [a, b] = [toPlace(one), toPlace(other)];
    return a[0] - b[0] || a[1] - b[1] || a[2] - b[2];
  });
}

/** A rule that leaves the method open is shown as one that fits. */
function toMethodName({ httpMethod, body }: Route, taken: PathItem): string {
  if (httpMethod !== anyMethod) return known.has(httpMethod.toLowerCase()) ? httpMethod.toLowerCase() : httpMethod;
  const fitting = body === undefined ? ['get', 'delete', 'post', 'put'] : ['post', 'put', 'patch'];
  return fitting.find((name) => !(name in taken)) ?? anyMethod;
}

/** Services by their short names, or by their whole ones where two have the same. */
function createTags(routes: readonly Route[]): (method: Pick<RpcMethod, 'service' | 'name'>) => string {
  const services = [...new Set(routes.map(({ rpc }) => rpc.service))];
  const toShort = (service: string) => service.slice(service.lastIndexOf('.') + 1);
  return ({ service }) => (services.filter((other) => toShort(other) === toShort(service)).length > 1 ? service : toShort(service));
}
