import { pbkdf2, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { digestSize, readBase64, readParameters, saltSize } from './encoded-parts';
import { type ForeignHash, type HashRefusal, type ReadForeignHash, tooCostly, unsupported } from './foreign-hash';

const derive = promisify(pbkdf2);

const digestBytes = { sha1: 20, sha256: 32, sha512: 64 } as const;
type Digest = keyof typeof digestBytes;

// each block of the key takes them anew (RFC 8018 §5.2)
const maxIterations = 2_000_000;

/**
 * PBKDF2 (RFC 8018) with HMAC of SHA-1, SHA-256 or SHA-512: `$pbkdf2-sha256$i=600000,l=32$salt$key` as Kratos and others write it,
 * `$pbkdf2-sha256$600000$salt$key` as passlib does, and `pbkdf2_sha256$600000$salt$key` as Django does, whose salt is text.
 */
export const readPbkdf2: ReadForeignHash = (text) => (text.startsWith('$pbkdf2') ? readPhc(text) : text.startsWith('pbkdf2_') ? readDjango(text) : undefined);

function readPhc(text: string): ForeignHash | HashRefusal {
  // $pbkdf2$ of passlib is the one of SHA-1
  const [, name, cost, saltText, keyText] = /^\$pbkdf2(?:-(sha1|sha256|sha512))?\$([^$]+)\$([^$]*)\$([^$]+)$/.exec(text) ?? [];
  const { i, l } = readParameters(cost, ['i', 'l']) ?? { ...readParameters(cost, ['i']), l: undefined };
  const iterations = i ?? (/^\d{1,10}$/.test(cost ?? '') ? Number(cost) : undefined);
  const salt = readBase64(saltText, saltSize);
  const key = readBase64(keyText, digestSize);
  if (!iterations || !salt || !key || (l !== undefined && l !== key.length))
    return unsupported('is no whole PBKDF2 hash: that is $pbkdf2-sha256$i=600000,l=32$salt$key, of sha1, sha256 or sha512, salt and key in base64');
  return toHash((name ?? 'sha1') as Digest, iterations, salt, key);
}

function readDjango(text: string): ForeignHash | HashRefusal {
  const [, name, cost, salt, keyText] = /^pbkdf2_(sha1|sha256|sha512)\$(\d{1,10})\$([^$]{1,64})\$([^$]+)$/.exec(text) ?? [];
  const key = readBase64(keyText, digestSize);
  if (!Number(cost) || !key)
    return unsupported("is no whole hash of Django's PBKDF2: that is pbkdf2_sha256$600000$salt$key, of sha1, sha256 or sha512, the key in base64");
  return toHash(name as Digest, Number(cost), Buffer.from(salt!), key);
}

function toHash(digest: Digest, iterations: number, salt: Uint8Array, key: Buffer): ForeignHash | HashRefusal {
  const blocks = Math.ceil(key.length / digestBytes[digest]);
  if (iterations * blocks > maxIterations)
    return tooCostly(`has ${iterations} iterations of PBKDF2 for each of ${blocks} blocks: the most is ${maxIterations} in all`);
  return { family: 'pbkdf2', matches: async (password) => timingSafeEqual(await derive(password, salt, iterations, key.length, digest), key) };
}
