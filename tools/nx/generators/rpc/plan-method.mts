import { lowerFirst, toKebab, toPlural, toSingular, toSnake, toWords, upperFirst, withArticle } from '../../source/names.mts';

type HttpVerb = 'get' | 'post' | 'put' | 'patch' | 'delete';
/** Which side sends any number of messages. */
type Streaming = 'none' | 'server' | 'client' | 'bidi';
type Access = 'public' | 'authenticated' | 'permission' | 'service';

/** What the command line says of a method; what it leaves out follows from the name. */
export interface MethodOptions {
  readonly http?: HttpVerb | 'none';
  readonly path?: string;
  readonly access?: Access;
  readonly permission?: string;
  readonly caller?: string;
  readonly streaming?: Streaming;
  readonly summary?: string;
}

/** What a method reads and answers, where it is found and who may call it, as AIP-130 to 136 have it for its name. */
export interface MethodPlan {
  readonly name: string;
  readonly kind: 'get' | 'list' | 'create' | 'update' | 'delete' | 'custom';
  /** The resource it is about, by its message: `User`. */
  readonly resource?: string;
  /** It changes nothing (`NO_SIDE_EFFECTS`). */
  readonly reads: boolean;
  readonly http?: { readonly verb: HttpVerb; readonly path: string; readonly body?: string };
  readonly access: { readonly kind: Access; readonly permission: string; readonly caller: string };
  readonly request: readonly ('id' | 'page' | 'resource' | 'update_mask' | 'request_id')[];
  readonly requestType: string;
  readonly responseType: string;
  readonly streams: { readonly requests: boolean; readonly responses: boolean };
  /** The sentence that stands above it. */
  readonly summary: string;
}

const standard = ['get', 'list', 'create', 'update', 'delete'] as const;
const readingVerbs = ['get', 'list', 'read', 'count', 'search', 'find', 'check', 'resolve', 'watch', 'stream'];
const verbOf: Readonly<Record<MethodPlan['kind'], HttpVerb>> = { get: 'get', list: 'get', create: 'post', update: 'patch', delete: 'delete', custom: 'post' };

/**
 * Plans a method by its name.
 * @param surroundings the contract's package, its messages, and whether what is written in its service is written once for a request_id
 * @throws Error for options that do not go together
 */
export function planMethod(
  name: string,
  { service, messages, keepsWrites }: { service: string; messages: ReadonlySet<string>; keepsWrites: boolean },
  options: MethodOptions = {},
): MethodPlan {
  const [first = '', ...rest] = toWords(name);
  const verb = first.toLowerCase();
  const noun = rest.join('');
  const isStandard = noun !== '' && standard.includes(verb as 'get');
  const kind = isStandard ? (verb as MethodPlan['kind']) : 'custom';
  const isOfMany = kind === 'list' || (kind === 'custom' && toSingular(noun) !== noun && messages.has(toSingular(noun)));
  const singular = isOfMany ? toSingular(noun) : noun;
  const resource = isStandard || messages.has(singular) ? singular : undefined;
  const { streaming = 'none' } = options;
  const streams = { requests: streaming === 'client' || streaming === 'bidi', responses: streaming === 'server' || streaming === 'bidi' };
  if (streaming !== 'none' && isStandard)
    throw new Error(`${name} is a standard method, which answers once (AIP-130): take another verb for a stream, as Watch${upperFirst(noun)}`);

  const reads =
    options.http === 'get' || (options.http === undefined || options.http === 'none' ? readingVerbs.includes(verb) || streaming === 'server' : false);
  const isAboutOne = (resource !== undefined && !isOfMany && kind !== 'create') || options.path?.includes('{id}') === true;
  const access = options.access ?? (options.http === 'none' ? 'service' : 'permission');
  // answers are kept by caller, and strangers are none
  const writesOnce = !reads && streaming === 'none' && keepsWrites && access !== 'public';
  const named = kind === 'update' ? `${toSnake(singular)}.id` : 'id';
  const wanted = variablesOf(options.path ?? '').find((variable) => variable !== named);
  if (wanted) throw new Error(`--path has {${wanted}}, and ${name}Request will have no such field: take {${named}}, and add others by hand`);
  return {
    name,
    kind,
    resource,
    reads,
    http: options.http === 'none' ? undefined : planHttp(),
    access: {
      kind: access,
      permission:
        options.permission ?? `${resource ? lowerFirst(toPlural(resource)) : service}.${reads ? 'read' : isStandard || resource ? verb : lowerFirst(name)}`,
      caller: options.caller ?? (service === 'auth' ? 'user' : 'auth'),
    },
    request: [
      ...(kind === 'update' ? (['resource', 'update_mask'] as const) : isAboutOne ? (['id'] as const) : []),
      ...(kind === 'list' ? (['page'] as const) : []),
      ...(writesOnce ? (['request_id'] as const) : []),
    ],
    requestType: `${name}Request`,
    responseType: resource && ['get', 'create', 'update'].includes(kind) ? resource : `${name}Response`,
    streams,
    summary: options.summary ?? `${toThirdPerson(kind === 'get' ? 'Read' : first)}${noun ? ` ${toObject()}` : ''}.`,
  };

  function planHttp(): MethodPlan['http'] {
    const chosen = options.http as HttpVerb | undefined;
    const http = chosen ?? (kind === 'custom' && reads && !streams.requests ? 'get' : verbOf[kind]);
    const body = kind === 'update' ? toSnake(singular) : ['post', 'put', 'patch'].includes(http) ? '*' : undefined;
    return { verb: http, path: options.path ?? toPath(), ...(body && { body }) };
  }

  function toPath(): string {
    if (!resource) return `/v1/${service}/${name.toLowerCase()}`;
    const collection = `/v1/${lowerFirst(toPlural(resource))}`;
    const custom = kind === 'custom' ? `:${verb}` : '';
    if (kind === 'update') return `${collection}/{${toSnake(resource)}.id}`;
    return `${collection}${isAboutOne ? '/{id}' : ''}${custom}`;
  }

  function toObject(): string {
    const words = toKebab(noun).replaceAll('-', ' ');
    return resource && !isOfMany ? withArticle(words) : words;
  }
}

const variablesOf = (path: string): string[] => [...path.matchAll(/\{([^}]*)\}/g)].map(([, variable]) => variable!);

const toThirdPerson = (verb: string): string => upperFirst(toPlural(verb.toLowerCase()));
