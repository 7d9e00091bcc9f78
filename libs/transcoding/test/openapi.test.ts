import type { ErrorCode, ErrorDeclaration } from '@gatehouse/errors';
import { readMethods } from '@gatehouse/rpc';
import Ajv from 'ajv/dist/2020';
import { createOpenApiDocument, type MethodDescription, type OpenApiDocument, toYaml } from '../src';
import { parse } from 'yaml';
import { descriptorSet } from './gen/documents/descriptor-set';

const errorOf = (reason: string, code: ErrorCode, metadata: string[] = [], httpStatus?: number): ErrorDeclaration => ({
  reason,
  code,
  httpStatus,
  metadata,
  domain: 'test',
  title: 'A title',
  message: `it is ${reason}`,
  retry: 'never',
});
const commonErrors = [
  errorOf('TOKEN_MISSING', 'UNAUTHENTICATED'),
  errorOf('BROKEN', 'INTERNAL', ['error_id']),
  errorOf('TOO_LARGE', 'INVALID_ARGUMENT', [], 413),
];
const descriptions: Record<string, MethodDescription> = {
  GetProduct: {
    security: { description: 'Needs a token.' },
    errors: [errorOf('PRODUCT_NOT_FOUND', 'NOT_FOUND', ['id']), errorOf('PRODUCT_SOLD', 'NOT_FOUND')],
  },
  UpdateProduct: {
    security: { scopes: ['products.write'] },
    errors: [errorOf('ETAG_STALE', 'ABORTED'), errorOf('NOT_PERMITTED', 'PERMISSION_DENIED', ['permission'])],
  },
  GetItem: { security: {}, cache: { maxAge: 60, staleWhileRevalidate: 0 }, errors: [errorOf('SUSPENDED', 'PERMISSION_DENIED')] },
  WatchItems: { cursor: { requestField: 'after', responseField: 'number' }, isLongLived: true },
  IssueToken: { acceptsForm: true, errors: [errorOf('INVALID_GRANT', 'UNAUTHENTICATED')] },
};
const document: OpenApiDocument = createOpenApiDocument({
  descriptors: descriptorSet,
  info: { title: 'Test', version: '1' },
  describe: ({ name }) => descriptions[name] ?? {},
  commonErrors,
});

// the shape of a document is what these tests are about
// eslint-disable-next-line @typescript-eslint/no-explicit-any
const operation = (path: string, method: string): any => (document.paths[path] as any)[method];
// eslint-disable-next-line @typescript-eslint/no-explicit-any
const schemas = document.components.schemas as Record<string, any>;
const namesOf = (parameters: { name?: string; $ref?: string }[]) => parameters.map(({ name, $ref }) => name ?? $ref!.split('/').at(-1));
const bodyOf = (path: string, method: string, type = 'application/json') => operation(path, method).requestBody.content[type];
const answerOf = (path: string, method: string, type = 'application/json') => operation(path, method).responses['200'].content[type];

describe('paths', () => {
  it('has an operation for every route, and no other', () => {
    const ids = Object.values(document.paths).flatMap((item) =>
      Object.entries(item).flatMap(([name, value]) =>
        name === 'x-oai-additionalOperations'
          ? Object.values(value as object).map((each) => each.operationId)
          : [(value as { operationId: string }).operationId],
      ),
    );
    expect(new Set(ids).size).toBe(ids.length);
    const served = readMethods([descriptorSet]).filter(({ name }) => name !== 'Burn');
    expect(new Set(ids.map((id) => id.replace(/\d+$/, '')))).toEqual(new Set(served.map(({ service, name }) => `${service.split('.').at(-1)}_${name}`)));
  });

  it('names an additional binding after the method and its place', () => {
    expect([operation('/v1/shelves/{shelf}/books/{bookId}', 'get').operationId, operation('/v1/books/{id}', 'get').operationId]).toEqual([
      'LibraryService_GetBook',
      'LibraryService_GetBook2',
    ]);
    expect([operation('/w1/echo', 'post').operationId, operation('/w1/echo', 'get').operationId, operation('/w1/echo/any', 'post').operationId]).toEqual([
      'WarehouseService_Echo',
      'WarehouseService_Echo2',
      'WarehouseService_Echo3',
    ]);
  });

  it('gives templates of one shape one path, with the plainest names of them', () => {
    expect(Object.keys(document.paths['/v1/products/{id}']!)).toEqual(['get', 'patch']);
    expect(Object.keys(document.paths['/v1/books/{id}']!)).toEqual(['get', 'put', 'x-oai-additionalOperations']);
    expect(Object.keys(document.paths['/w1/shelves/{shelves}/items/{items}']!).sort()).toEqual(['delete', 'get', 'patch']);
  });

  it('writes what is fixed in a template into the path, verbs too', () => {
    expect(operation('/v1/files/public/{name}', 'get').parameters).toMatchObject([
      { name: 'name', in: 'path', required: true, description: expect.stringContaining('`public/**`') },
    ]);
    expect(operation('/v1/products:find', 'get').operationId).toBe('CatalogueService_FindProducts');
    expect(operation('/w1/rooms/{room}:talk', 'post').parameters).toMatchObject([{ name: 'room', schema: { type: 'string', pattern: '^[^/]+$' } }]);
  });

  it('keeps a method that OpenAPI does not know under the name of an extension', () => {
    expect(operation('/v1/books/{id}', 'x-oai-additionalOperations').LINK.operationId).toBe('LibraryService_LendBook');
  });
});

describe('parameters', () => {
  it('makes query parameters of what is neither in the path nor in the body, nested fields with dots, lists repeated', () => {
    const { parameters } = operation('/v1/products:find', 'get');
    expect(namesOf(parameters)).toEqual(['text', 'kinds', 'author.name', 'pageSize', 'since']);
    expect(parameters[0]).toMatchObject({ in: 'query', required: true, example: 'text' });
    expect(parameters[1]).toMatchObject({ style: 'form', explode: true, schema: { type: 'array', items: { $ref: '#/components/schemas/Kind' } } });
    expect(parameters[4].schema).toEqual({ type: 'string', format: 'date-time' });
  });

  it('has no query parameters beside a body that is the whole request, and those of the other fields beside one that is a field', () => {
    expect(operation('/v1/products', 'post').parameters).toEqual([{ $ref: '#/components/parameters/Idempotency-Key' }]);
    expect(namesOf(operation('/v1/shelves/{shelf}/books', 'post').parameters)).toEqual(['shelf', 'validateOnly']);
    expect(namesOf(operation('/v1/products/{id}', 'patch').parameters)).toEqual(['id', 'updateMask', 'If-Match']);
  });

  it('takes the rules of a field along', () => {
    expect(operation('/v1/products/{id}', 'get').parameters[0]).toEqual({
      name: 'id',
      in: 'path',
      required: true,
      schema: { type: 'string', format: 'uuid' },
      example: '018f0000-0000-7000-8000-000000000001',
    });
  });
});

describe('bodies', () => {
  it('leaves out of the body what the path says', () => {
    const { schema } = bodyOf('/v1/products/{id}:move', 'post');
    expect(schemas[schema.$ref.split('/').at(-1)]).toMatchObject({ properties: { shop: { type: 'string' } }, additionalProperties: false });
    expect(Object.keys(schemas.CatalogueService_MoveProductBody.properties)).toEqual(['shop']);
    expect(Object.keys(schemas.CatalogueService_UpdateProductBody.properties)).not.toContain('id');
  });

  it('lets a body repeat the identifier, for which the path stands', () => {
    expect(schemas.WarehouseService_UpdateItemByIdBody.properties.id).toEqual({ type: 'string' });
    expect(Object.keys(schemas.WarehouseService_UpdateItemBody.properties)).not.toContain('name');
  });

  it('asks for nothing in a change, which may be a merge patch', () => {
    expect(schemas.CatalogueService_UpdateProductBody.required).toBeUndefined();
    expect(Object.keys(operation('/v1/products/{id}', 'patch').requestBody.content)).toEqual(['application/json', 'application/merge-patch+json']);
  });

  it('closes what only requests hold, and leaves open what answers hold too', () => {
    expect([schemas.CreateProductRequest.additionalProperties, schemas.Place.additionalProperties, schemas.Product.additionalProperties]).toEqual([
      false,
      false,
      undefined,
    ]);
  });

  it('takes bytes as they are where the body is raw, and gives them so', () => {
    expect(operation('/w1/files/{name}', 'put').requestBody.content).toEqual({ '*/*': { schema: { type: 'string', format: 'binary' } } });
    expect(operation('/w1/files/{name}', 'get').responses['200'].content).toEqual({ '*/*': { schema: { type: 'string', format: 'binary' } } });
  });

  it('shows a form where one is taken, with the errors of OAuth', () => {
    const { requestBody, responses } = operation('/w1/token', 'post');
    expect(Object.keys(requestBody.content)).toEqual(['application/json', 'application/x-www-form-urlencoded']);
    expect(responses['400'].content['application/json'].schema.allOf[1].properties.error.enum).toContain('invalid_grant');
    expect(JSON.stringify(responses)).not.toContain('problem+json');
  });

  it('leaves a form open, of which JSON is not: parameters that a form has beside are passed over', () => {
    const toSchema = (type: string) => schemas[bodyOf('/w1/token', 'post', type).schema.$ref.split('/').at(-1)];
    const { additionalProperties, ...closed } = toSchema('application/json');
    expect(additionalProperties).toBe(false);
    expect(toSchema('application/x-www-form-urlencoded')).toEqual(closed);
  });

  it('answers the field that response_body names', () => {
    expect(answerOf('/v1/products:find', 'get').schema).toEqual({ type: 'array', items: { $ref: '#/components/schemas/Product' } });
  });
});

describe('schemas', () => {
  const properties = schemas.Product.properties;

  it('writes values as canonical JSON does', () => {
    expect(properties).toMatchObject({
      stock: { type: 'string', format: 'int64' },
      picture: { type: 'string', contentEncoding: 'base64' },
      createTime: { type: 'string', format: 'date-time' },
      shelfLife: { type: 'string', pattern: expect.stringContaining('s$') },
      rating: { type: ['integer', 'null'], format: 'int32' },
      extra: { type: 'object', additionalProperties: true },
      detail: { required: ['@type'] },
      list: { type: 'array', items: {} },
      shelves: { propertyNames: { pattern: '^-?[0-9]+$' }, additionalProperties: { type: 'string' } },
      SKU: { type: 'string' },
      pieces: { type: 'integer', minimum: 0 },
    });
    expect(properties.anything.type).toBeUndefined();
  });

  it('writes enums as strings, with what their values mean', () => {
    expect(schemas.Kind).toEqual({
      type: 'string',
      enum: ['KIND_UNSPECIFIED', 'KIND_BOOK', 'KIND_GAME'],
      description: 'What a product is.\n\n- `KIND_BOOK`: To read.',
    });
    expect(properties.kind).toEqual({ $ref: '#/components/schemas/Kind', enum: ['KIND_BOOK', 'KIND_GAME'] });
  });

  it('refers to a type within itself', () =>
    expect(properties.parts).toMatchObject({ type: 'array', items: { $ref: '#/components/schemas/Product' }, description: 'What it is made of.' }));

  it('marks what only one side may set, what stays, and what goes', () => {
    expect([properties.id.readOnly, properties.key.writeOnly, properties.oldName.deprecated, properties.SKU.description]).toEqual([
      true,
      true,
      true,
      'Cannot be changed once it is set.',
    ]);
    expect(operation('/v1/products/{id}:move', 'post').deprecated).toBe(true);
  });

  it('says rules in keywords, and in words where there is no keyword', () => {
    expect(properties).toMatchObject({
      title: { minLength: 1, maxLength: 80 },
      tags: { minItems: 1, maxItems: 5, uniqueItems: true, items: { maxLength: 10 } },
      counts: { maxProperties: 8, propertyNames: { pattern: '^[a-z]+$' }, additionalProperties: { exclusiveMinimum: 0 } },
      // what may be left out, an answer has as empty text
      contact: {
        anyOf: [
          { type: 'string', format: 'email' },
          { type: 'string', maxLength: 0 },
        ],
      },
      home: {
        anyOf: [
          { type: 'string', format: 'uri' },
          { type: 'string', maxLength: 0 },
        ],
        pattern: '^$|^https://',
      },
      grade: { minimum: 1, exclusiveMaximum: 6 },
      colour: { enum: ['red', 'blue'] },
      stock: { description: 'Must be at least 0.' },
      picture: { description: 'At most 1024 bytes long.' },
    });
    expect(schemas.Place.description).toBe('Where it lies.\n\nA shelf needs a floor.');
  });

  it('says in words what it has no keyword for, and of bytes how long their text may be', () => {
    expect(schemas.Ruling.properties).toMatchObject({
      octets: { maxLength: 8, description: 'At least 2 bytes long.\n\nAt most 8 bytes long.' },
      folded: { description: 'Must match `(?i)^[a-z]*$` (RE2).' },
      past: { description: 'Must be in the past.' },
      near: { description: 'Must be within 60s of now.' },
      weight: { description: 'Must be finite.' },
      peer: { description: 'Must be a host and a port.' },
      colour: { description: 'Must be a colour.' },
      colours: { description: 'Must be a colour.' },
      counts: { description: 'Counts are even.' },
      digest: { maxLength: 44, description: 'At least 32 bytes long.\n\nAt most 32 bytes long.' },
    });
    expect(schemas.Ruling.properties.folded.pattern).toBeUndefined();
  });

  it('says which form a value is taken in', () => {
    const { email, owner, name } = schemas.Ruling.properties;
    expect([email.description, owner.description, name.description]).toEqual([
      'Its domain is taken in lower case and as A-labels (RFC 5890).',
      'Whose it is.\n\nCapitals of a UUID are taken as lower case.',
      'Space around it is dropped, and a run of spaces is one; control characters and bidirectional controls are refused.',
    ]);
  });

  it('requires what is declared so, and what would break a rule by its absence', () =>
    expect(schemas.Product.required).toEqual(['title', 'kind', 'tags', 'grade']));

  it('says which fields exclude each other', () => {
    expect(schemas.Product.oneOf).toEqual([{ required: ['cents'] }, { required: ['barter'] }]);
    expect(schemas.Product.not).toEqual({ required: ['weight', 'pieces'] });
    expect(schemas.Product.description).toBe('Exactly one of `cents`, `barter` is set.\n\nAt most one of `weight`, `pieces` is set.');
  });
});

describe('answers', () => {
  it('lists every reason of a status in one answer, each with a schema of its own', () => {
    const { responses } = operation('/v1/products/{id}', 'get');
    expect(responses['404'].content['application/problem+json'].schema).toEqual({
      oneOf: [{ $ref: '#/components/schemas/test.PRODUCT_NOT_FOUND' }, { $ref: '#/components/schemas/test.PRODUCT_SOLD' }],
    });
    expect(schemas['test.PRODUCT_NOT_FOUND']).toMatchObject({
      title: 'PRODUCT_NOT_FOUND',
      allOf: [
        { $ref: '#/components/schemas/Problem' },
        {
          properties: {
            reason: { const: 'PRODUCT_NOT_FOUND' },
            code: { const: 'NOT_FOUND' },
            domain: { const: 'test' },
            status: { const: 404 },
            metadata: { required: ['id'] },
          },
        },
      ],
    });
    expect(responses['401']).toEqual({ $ref: '#/components/responses/Unauthorized' });
  });

  it('tells of no token where none is asked for, and of no body where there is none', () => {
    expect(Object.keys(operation('/v1/products/{id}', 'get').responses)).toEqual(['200', '304', '401', '404', '500']);
    expect(Object.keys(operation('/v1/products', 'post').responses)).toEqual(['200', '413', '500']);
    expect([
      operation('/v1/products/{id}', 'get').security,
      operation('/v1/products/{id}', 'patch').security,
      operation('/v1/products', 'post').security,
    ]).toEqual([[{ bearer: [] }], [{ bearer: ['products.write'] }], []]);
  });

  it('knows versions: ETag with the answer, If-None-Match for reading, If-Match and 412 for changing', () => {
    const { parameters, responses } = operation('/v1/products/{id}', 'get');
    expect([namesOf(parameters).at(-1), Object.keys(responses['200'].headers)]).toEqual(['If-None-Match', ['X-Request-Id', 'ETag']]);
    expect(operation('/v1/products/{id}', 'patch').responses['412'].description).toContain('If-Match');
  });

  it('names the headers by which an answer may be kept, and a token that is missing or does not permit is told', () => {
    const headersOf = (path: string, method: string, status: string) => Object.keys(operation(path, method).responses[status].headers);
    for (const status of ['200', '304'])
      expect(headersOf('/w1/shelves/{shelves}/items/{items}', 'get', status)).toEqual(['X-Request-Id', 'ETag', 'Cache-Control']);
    expect(headersOf('/v1/products/{id}', 'patch', '403')).toEqual(['X-Request-Id', 'WWW-Authenticate']);
    expect(headersOf('/w1/shelves/{shelves}/items/{items}', 'get', '403')).toEqual(['X-Request-Id']);
    expect(document.components.responses.Unauthorized!.headers).toHaveProperty('WWW-Authenticate');
  });

  it('shows a stream of answers as lines and as events, to be taken up again, and as a WebSocket', () => {
    const watch = operation('/w1/items:watch', 'get');
    expect(Object.keys(watch.responses['200'].content)).toEqual(['application/x-ndjson', 'text/event-stream']);
    expect(answerOf('/w1/items:watch', 'get', 'application/x-ndjson').schema.oneOf).toMatchObject([
      { properties: { result: { $ref: '#/components/schemas/ItemEvent' } } },
      { properties: { error: { $ref: '#/components/schemas/Problem' } } },
    ]);
    expect([namesOf(watch.parameters).at(-1), watch['x-websocket'], watch.description]).toEqual(['Last-Event-ID', true, expect.stringContaining('WebSocket')]);
  });

  it('shows a stream of requests as lines', () => {
    expect(Object.keys(operation('/w1/shelves/{parent}/items:import', 'post').requestBody.content)).toEqual(['application/x-ndjson']);
    expect(Object.keys(operation('/w1/rooms/{room}:talk', 'post').responses['200'].content)).toContain('text/event-stream');
  });
});

describe('words', () => {
  it('takes comments from the contract, the first sentence as a summary, without what is meant for linters', () => {
    expect(operation('/v1/products/{id}', 'get')).toMatchObject({
      summary: 'Reads a product',
      description: 'There may be\nseveral lines to say about it.\n\nNeeds a token.',
    });
    expect(operation('/v1/products', 'post').summary).toBe('Creates a product');
    expect(document.tags).toContainEqual({ name: 'CatalogueService', description: 'CatalogueService knows what there is to buy.' });
  });
});

it('gives examples that their own schemas take', () => {
  const ajv = new Ajv({ strict: false, validateFormats: false });
  ajv.addSchema({ $id: 'document', components: document.components });
  const whole = JSON.parse(JSON.stringify(document.paths).replaceAll('"#/components/', '"document#/components/'));
  const shown: { schema: object; example: unknown }[] = [];
  const collect = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    if ('schema' in value && 'example' in value) shown.push(value as { schema: object; example: unknown });
    else Object.values(value).forEach(collect);
  };
  collect(whole);
  expect(shown.length).toBeGreaterThan(40);
  for (const { schema, example } of shown) expect([example, ajv.validate(schema, example), ajv.errorsText()]).toEqual([example, true, 'No errors']);
});

it('is the same each time, and the same in YAML', () => {
  expect(
    createOpenApiDocument({
      descriptors: descriptorSet,
      info: { title: 'Test', version: '1' },
      describe: ({ name }) => descriptions[name] ?? {},
      commonErrors,
    }),
  ).toEqual(document);
  expect(parse(toYaml(document))).toEqual(JSON.parse(JSON.stringify(document)));
});
