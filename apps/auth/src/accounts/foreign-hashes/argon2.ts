import { verify } from '@node-rs/argon2';
import { digestSize, readBase64, readParameters } from './encoded-parts';
import { type ReadForeignHash, tooCostly, unsupported } from './foreign-hash';

const [maxMemoryKiB, maxLanes] = [131_072, 16];
// of memory times passes: a second of a core
const maxWorkKiB = 524_288;

/**
 * Argon2 (RFC 9106), all three kinds, versions 16 and 19: `$argon2id$v=19$m=65536,t=3,p=4$salt$hash`, where Django puts `argon2` before it.
 * One that was made with a secret key or associated data cannot be verified.
 */
export const readArgon2: ReadForeignHash = (text) => {
  if (!/^(argon2)?\$argon2/.test(text)) return undefined;
  const encoded = text.replace(/^argon2\$/, '$');
  const [, cost, saltText, hashText] = /^\$argon2(?:i|d|id)\$(?:v=(?:16|19)\$)?([^$]+)\$([^$]+)\$([^$]+)$/.exec(encoded) ?? [];
  const { m, t, p } = readParameters(cost, ['m', 't', 'p']) ?? {};
  // RFC 9106 §3.1
  const isWhole =
    m && t && p && m >= 8 * p && readBase64(saltText, { min: 8, max: 48 }) && readBase64(hashText, digestSize) && !/[.=]/.test(`${saltText}${hashText}`);
  if (!isWhole)
    return unsupported('is no whole Argon2 hash: that is $argon2id$v=19$m=65536,t=3,p=4$salt$hash, salt and hash in base64 without padding, no secret key');
  if (m > maxMemoryKiB || p > maxLanes || m * t > maxWorkKiB)
    return tooCostly(`has the Argon2 parameters m ${m}, t ${t}, p ${p}: the most of m is ${maxMemoryKiB}, of m·t ${maxWorkKiB}, of p ${maxLanes}`);
  return { family: 'argon2', matches: (password) => verify(encoded, password) };
};
