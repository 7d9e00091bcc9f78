import type { FastifyInstance } from 'fastify';
import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';

/** A file that is the same for everybody. */
export interface ServedFile {
  readonly type: string;
  readonly headers?: Readonly<Record<string, string>>;
  read(): Promise<Buffer>;
}

interface Content {
  readonly plain: Buffer;
  readonly compressed: Buffer;
  readonly etag: string;
}

/** Serves a file under a path, compressed where the caller takes it so, and not again to those who have it. */
export function serveFile(app: FastifyInstance, path: string, { type, headers = {}, read }: ServedFile): void {
  let content: Promise<Content> | undefined;
  const load = async (): Promise<Content> => {
    const plain = await read();
    return { plain, compressed: await promisify(gzip)(plain), etag: createHash('sha256').update(plain).digest('base64url').slice(0, 22) };
  };
  app.get(path, async (request, reply) => {
    const { plain, compressed, etag } = await (content ??= load());
    const isCompressed = /\bgzip\b(?!\s*;\s*q=0(\.0*)?\s*(,|$))/.test(request.headers['accept-encoding'] ?? '');
    // two representations, two versions (RFC 9110 §8.8.3)
    const tag = `"${etag}${isCompressed ? '-gzip' : ''}"`;
    reply.headers({ 'cache-control': 'public, no-cache', vary: 'accept-encoding', etag: tag, ...headers });
    if (isKnown(tag, request.headers['if-none-match'])) return reply.code(304).send();
    if (isCompressed) reply.header('content-encoding', 'gzip');
    return reply.type(type).send(isCompressed ? compressed : plain);
  });
}

const isKnown = (tag: string, known = ''): boolean => known.trim() === '*' || [...known.matchAll(/"[^"]*"/g)].some(([each]) => each === tag);
