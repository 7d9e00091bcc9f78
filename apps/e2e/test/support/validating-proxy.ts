import Ajv2020, { type ValidateFunction } from 'ajv/dist/2020';
import addFormats from 'ajv-formats';
import { createServer, type IncomingMessage, request as send } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

// a document is what a test reads as it is
// eslint-disable-next-line @typescript-eslint/no-explicit-any
type Json = any;

export interface ValidatingProxy {
  readonly url: string;
  /** What went by that the document does not say. */
  readonly deviations: string[];
  close(): Promise<void>;
}

/** Stands between the tests and the gateway, passes everything on as it is, and holds both sides to the gateway's own OpenAPI document. */
export async function startValidatingProxy(target: string): Promise<ValidatingProxy> {
  const document: Json = await (await fetch(`${target}/openapi.json`)).json();
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  addFormats(ajv, { mode: 'full' });
  ajv.addSchema(document, 'document');
  const validators = new Map<Json, ValidateFunction>();
  const check = (schema: Json, value: unknown): string | undefined => {
    const validate = validators.get(schema) ?? ajv.compile(withDocument(schema));
    validators.set(schema, validate);
    return validate(value) ? undefined : ajv.errorsText(validate.errors);
  };
  const resolve = (part: Json): Json =>
    part?.$ref
      ? part.$ref
          .slice(2)
          .split('/')
          .reduce((at: Json, key: string) => at[key.replaceAll('~1', '/')], document)
      : part;
  const operations = Object.entries(document.paths as Json).flatMap(([template, item]) =>
    Object.entries(item as Json).map(([method, operation]) => ({
      method: method.toUpperCase(),
      template,
      pattern: new RegExp(`^${template.replace(/[.*+?^$()|[\]\\]/g, '\\$&').replace(/\{[^}]+\}/g, '[^/]+')}$`),
      operation: operation as Json,
    })),
  );
  const deviations: string[] = [];

  const judge = (request: IncomingMessage, sent: Buffer, status: number, type: string | undefined, answer: Buffer) => {
    const path = request.url!.split('?')[0]!;
    // the template without variables is the one that is meant
    const found = operations
      .filter(({ method, pattern }) => method === (request.method === 'HEAD' ? 'GET' : request.method) && pattern.test(path))
      .sort((one, other) => one.template.split('{').length - other.template.split('{').length)[0];
    const say = (text: string) => void deviations.push(`${request.method} ${found?.template ?? path} ${status}: ${text}`);
    if (!found) return [204, 400, 404, 405, 414, 431].includes(status) ? undefined : say('is no operation of the document');
    const response = resolve(found.operation.responses[status]);
    if (!response) return say('is a status that the document does not have');
    if (request.method === 'HEAD' || status === 304) return;
    const content = response.content?.[type ?? ''];
    if (!content) return say(`has the type ${type}, which the document does not have`);
    const wrong = check(content.schema, JSON.parse(answer.toString()));
    if (wrong) say(wrong);
    const body = resolve(found.operation.requestBody)?.content?.[(request.headers['content-type'] ?? '').split(';')[0]!];
    const asked = status === 200 && sent.length && body ? check(body.schema, JSON.parse(sent.toString())) : undefined;
    if (asked) say(`was accepted though ${asked}`);
  };

  const server = createServer(async (request, response) => {
    const sent = await buffer(request);
    const { 'transfer-encoding': _, ...headers } = request.headers;
    const forwarded = send(
      target + request.url!,
      { method: request.method, headers: { ...headers, ...(sent.length ? { 'content-length': sent.length } : {}) } },
      async (answer) => {
        const bytes = await buffer(answer);
        judge(request, sent, answer.statusCode!, answer.headers['content-type'], bytes);
        response.writeHead(answer.statusCode!, answer.headers).end(bytes);
      },
    );
    forwarded.on('error', () => response.destroy());
    forwarded.end(sent);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    deviations,
    close: async () => {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}

/** References of an OpenAPI document are within it. */
function withDocument(schema: Json): Json {
  return JSON.parse(JSON.stringify(schema).replaceAll('"$ref":"#/', '"$ref":"document#/'));
}
