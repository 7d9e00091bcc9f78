import { createHash, timingSafeEqual } from 'node:crypto';
import { readBase64, saltSize } from './encoded-parts';
import { type ForeignHash, type ReadForeignHash, unsupported } from './foreign-hash';

const digests = { '': ['sha1', 20], 1: ['sha1', 20], 256: ['sha256', 32], 384: ['sha384', 48], 512: ['sha512', 64] } as const;
type Bits = keyof typeof digests;

/**
 * One round of SHA with a salt: `{SSHA}`, `{SSHA256}`, `{SSHA384}` and `{SSHA512}` of LDAP (RFC 3112's manner), base64 of the digest of password
 * and salt, then the salt; and `$sha256$pf=format$salt$digest` as Ory Kratos writes it, whose format, in base64, says what was hashed:
 * `{SALT}{PASSWORD}`, with text between or around.
 */
export const readSaltedSha: ReadForeignHash = (text) => {
  if (/^\{SSHA\d*\}/i.test(text)) return readLdap(text);
  if (/^\$sha(1|256|384|512)\$/.test(text)) return readFormatted(text);
  return /^\{SHA\d*\}/i.test(text)
    ? unsupported('is a hash without a salt, which is as good as the password itself: these people need a new password')
    : undefined;
};

const readLdap: ReadForeignHash = (text) => {
  const [, bits, encoded] = /^\{SSHA(|256|384|512)\}(.+)$/i.exec(text) ?? [];
  const [name, bytes] = digests[(bits ?? '') as Bits];
  const value = readBase64(encoded, { min: bytes + saltSize.min, max: bytes + saltSize.max });
  if (bits === undefined || !value)
    return unsupported(`is no whole hash of LDAP: that is {SSHA256} and base64 of digest and salt, which has at most ${saltSize.max} bytes`);
  const salt = value.subarray(bytes);
  return toHash(name, value.subarray(0, bytes), (password) => [password, salt]);
};

const readFormatted: ReadForeignHash = (text) => {
  const [, bits, formatText, saltText, digestText] = /^\$sha(1|256|384|512)\$pf=([^$]+)\$([^$]+)\$([^$]+)$/.exec(text) ?? [];
  const format = readBase64(formatText, { min: 1, max: 100 })?.toString('latin1');
  const parts = format?.split(/(\{SALT\}|\{PASSWORD\})/) ?? [];
  const hasOnce = (name: string) => parts.filter((part) => part === name).length === 1;
  const salt = readBase64(saltText, saltSize);
  const [name, bytes] = digests[(bits ?? '') as Bits];
  const digest = readBase64(digestText, { min: bytes, max: bytes });
  if (!salt || !digest || !hasOnce('{SALT}') || !hasOnce('{PASSWORD}'))
    return unsupported('is no whole hash of SHA: that is $sha256$pf=format$salt$digest, in base64, of a format with {SALT} and {PASSWORD} once each');
  return toHash(name, digest, (password) => parts.map((part) => (part === '{SALT}' ? salt : part === '{PASSWORD}' ? password : Buffer.from(part, 'latin1'))));
};

const toHash = (name: string, digest: Buffer, toHashed: (password: string) => readonly (string | Buffer)[]): ForeignHash => ({
  family: 'salted-sha',
  async matches(password) {
    const hash = createHash(name);
    for (const part of toHashed(password)) hash.update(part);
    return timingSafeEqual(hash.digest(), digest);
  },
});
