import { type OpenApiDocument, toYaml } from '@gatehouse/transcoding';
import type { FastifyInstance } from 'fastify';
import { createDocsFiles } from './docs-files';
import { createErrorPageFiles } from './error-page-files';
import { createGatewayDocument } from './openapi';
import { type ServedFile, serveFile } from './serve-file';

/** What the gateway says of itself: the OpenAPI document in two forms, a page to read and try it, and a page for each error. */
export interface Documents {
  /** The paths that it takes. */
  readonly paths: readonly string[];
  register(app: FastifyInstance): void;
}

/** Makes the documents; each file is read or written when it is first asked for. */
export function createDocuments(): Documents {
  let made: OpenApiDocument | undefined;
  // with what it takes to make it, some 20 MB: most gateways are never asked for it
  const document = () => (made ??= createGatewayDocument());
  const files: Readonly<Record<string, ServedFile>> = {
    '/openapi.json': { type: 'application/json', read: async () => Buffer.from(JSON.stringify(document())) },
    '/openapi.yaml': { type: 'application/yaml', read: async () => Buffer.from(toYaml(document())) },
    ...createDocsFiles(),
    ...createErrorPageFiles(),
  };
  return {
    paths: Object.keys(files),
    register(app) {
      for (const [path, file] of Object.entries(files)) serveFile(app, path, file);
    },
  };
}
