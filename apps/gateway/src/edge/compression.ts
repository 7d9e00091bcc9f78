import type { FastifyInstance, FastifyReply } from 'fastify';
import Negotiator from 'negotiator';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';

export interface CompressionSettings {
  minBytes: number;
  /** Whether the answers of a path hold secrets, whose length would tell of them beside what a caller sent (BREACH). */
  isSecret: (url: string) => boolean;
}

// the better first; brotli's own default is for what is compressed once
const encoders = {
  br: (bytes: Buffer) =>
    promisify(brotliCompress)(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 4, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length } }),
  gzip: (bytes: Buffer) => promisify(gzip)(bytes, { level: 6 }),
} as const;
const preferred = ['br', 'gzip'] as const;

/** What the package's types, of an older version, do not know yet. */
interface EncodingNegotiator {
  encodings(available: readonly string[], options: { preferred: readonly string[] }): string[];
}

const jsonType = /^application\/([\w.+-]+\+)?json\s*(;|$)/i;

/**
 * Compresses whole JSON answers for clients that accept it. Streams go out as they come. What has a strong ETag stays as it
 * is: that names these very bytes, and a weak one in its place would be of no use in If-Match (RFC 9110 §13.1.1).
 */
export function compressAnswers(http: FastifyInstance, { minBytes, isSecret }: CompressionSettings): void {
  http.addHook('onSend', async (request, reply, payload) => {
    if (!isWhole(payload) || !isCompressible(reply) || isSecret(request.originalUrl)) return payload;
    const bytes = Buffer.from(payload as Buffer | string);
    if (bytes.length < minBytes) return payload;
    addVary(reply, 'Accept-Encoding');
    const encoding = findEncoding(request.headers['accept-encoding']);
    if (!encoding) return payload;
    reply.removeHeader('content-length').header('content-encoding', encoding);
    return encoders[encoding](bytes);
  });
}

const isWhole = (payload: unknown): payload is Buffer | string => typeof payload === 'string' || Buffer.isBuffer(payload);

function isCompressible(reply: FastifyReply): boolean {
  const etag = reply.getHeader('etag');
  const isStrong = typeof etag === 'string' && !etag.startsWith('W/');
  return jsonType.test(String(reply.getHeader('content-type') ?? '')) && !reply.hasHeader('content-encoding') && !isStrong;
}

function findEncoding(accepted: string | string[] | undefined): keyof typeof encoders | undefined {
  if (!accepted) return undefined;
  const negotiator = new Negotiator({ headers: { 'accept-encoding': String(accepted) } }) as unknown as EncodingNegotiator;
  const [best] = negotiator.encodings([...preferred, 'identity'], { preferred });
  return best === 'br' || best === 'gzip' ? best : undefined;
}

function addVary(reply: FastifyReply, name: string): void {
  const present = reply.getHeader('vary');
  reply.header('vary', present ? `${String(present)}, ${name}` : name);
}
