import { scrypt } from 'node:crypto';
import { type HashRefusal, tooCostly, unsupported } from './foreign-hash';

/** Parameters of scrypt (RFC 7914 §2); `ln` is the logarithm of N to the base 2. */
export interface ScryptParameters {
  readonly ln: number;
  readonly r: number;
  readonly p: number;
}

const maxMemoryMiB = 128;
const maxParallelism = 10;
// of N·r·p: a second of a core
const maxWork = 2 ** 22;

/** Why a key with these parameters would be no scrypt, or too much of it. */
export function judgeScrypt({ ln, r, p }: ScryptParameters): HashRefusal | undefined {
  if (ln < 1 || r < 1 || p < 1) return unsupported('has scrypt parameters that are none: N, r and p are more than 0');
  // RFC 7914 §2: N is less than 2^(128·r/8), else nothing computes it
  if (ln >= 16 * r) return unsupported(`has scrypt parameters that are none: with r ${r}, N is less than 2^${16 * r}, and this one is 2^${ln}`);
  // what is as large as this is not even multiplied
  const memoryMiB = ln > 30 || r > 1_024 ? Infinity : (128 * 2 ** ln * r) / 2 ** 20;
  if (memoryMiB > maxMemoryMiB) return tooCostly(`has scrypt parameters that take ${memoryMiB} MiB (N is 2^${ln}, r ${r}): the most is ${maxMemoryMiB} MiB`);
  if (p > maxParallelism || 2 ** ln * r * p > maxWork)
    return tooCostly(`has the scrypt parameters N 2^${ln}, r ${r}, p ${p}: the most of N·r·p is 2^22, of p ${maxParallelism}`);
  return undefined;
}

/** Derives a key of so many bytes, on another thread. */
export function deriveScryptKey(password: string, salt: Uint8Array, { ln, r, p }: ScryptParameters, bytes: number): Promise<Buffer> {
  const N = 2 ** ln;
  // what OpenSSL counts: V, B and two blocks beside them
  const maxmem = 128 * r * (N + p + 4);
  return new Promise((resolve, reject) => scrypt(password, salt, bytes, { N, r, p, maxmem }, (error, key) => (error ? reject(error) : resolve(key))));
}
