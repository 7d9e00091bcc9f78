import { createCipheriv, createDecipheriv, createHash, createSecretKey, hkdfSync, randomBytes } from 'node:crypto';
import type { AppError, ErrorOptions } from '@gatehouse/errors';

export interface PageTokensOptions {
  /** The service's, of 32 bytes. */
  readonly secret: Uint8Array;
  /** The method: `user/ListUsers`. Tokens of one are none of another. */
  readonly label: string;
  /** The error that the contract declares for a token that cannot be used: `pageTokenInvalid`. */
  readonly invalid: (options: ErrorOptions) => AppError;
}

/** What a token is bound to: all that chooses rows or their order, but not `page_size` (AIP-158). */
export type PageQuery = Readonly<Record<string, string>>;

/** Tokens that say where a page ended; who holds one can neither read nor change it. */
export interface PageTokens {
  /** The token of the page after the row with this key. */
  seal(query: PageQuery, rowKey: readonly string[]): string;
  /**
   * The key that was sealed; undefined for the empty token, which asks for the first page.
   * @throws what `invalid` gives, with a violation of `pageToken`, where the token is none of ours or of another query
   */
  open(token: string, query: PageQuery): readonly string[] | undefined;
}

const version = 1;
const [ivBytes, tagBytes, hashBytes] = [12, 16, 32];
const maxLength = 16_384;

/** Makes page tokens: AES-256-GCM under a key that is derived from the secret for the label (HKDF-SHA-256, RFC 5869). */
export function createPageTokens({ secret, label, invalid }: PageTokensOptions): PageTokens {
  if (secret.length !== 32) throw new RangeError('page tokens: the secret has to be of 32 bytes');
  const key = createSecretKey(Buffer.from(hkdfSync('sha256', secret, new Uint8Array(), `page-token:${label}`, 32)));
  const header = Buffer.of(version);
  const refuse = (reason: string, description: string) => invalid({ violations: [{ field: 'pageToken', description, reason }] });

  function unseal(token: string): Buffer | undefined {
    const bytes = token.length <= maxLength ? Buffer.from(token, 'base64url') : Buffer.alloc(0);
    const ciphertextAt = header.length + ivBytes + tagBytes;
    // decoding passes over what is not base64url: only what comes back the same is a token
    if (bytes.length < ciphertextAt + hashBytes || bytes.toString('base64url') !== token || bytes[0] !== version) return undefined;
    const iv = bytes.subarray(header.length, header.length + ivBytes);
    const tag = bytes.subarray(header.length + ivBytes, ciphertextAt);
    const decipher = createDecipheriv('aes-256-gcm', key, iv, { authTagLength: tagBytes }).setAAD(header).setAuthTag(tag);
    const plaintext = decipher.update(bytes.subarray(ciphertextAt));
    try {
      decipher.final();
      return plaintext;
    } catch {
      return undefined;
    }
  }

  return {
    seal(query, rowKey) {
      const iv = randomBytes(ivBytes);
      const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(header);
      const ciphertext = Buffer.concat([cipher.update(hash(query)), cipher.update(JSON.stringify(rowKey)), cipher.final()]);
      return Buffer.concat([header, iv, cipher.getAuthTag(), ciphertext]).toString('base64url');
    },
    open(token, query) {
      if (token === '') return undefined;
      const plaintext = unseal(token);
      if (!plaintext) throw refuse('page_token.unknown', 'it is no page token of this method and version: leave it out to start from the first page');
      if (!plaintext.subarray(0, hashBytes).equals(hash(query)))
        throw refuse(
          'page_token.other_query',
          `it belongs to another query: repeat the same ${Object.keys(query).join(', ')}, or leave it out to start from the first page`,
        );
      return JSON.parse(plaintext.toString('utf8', hashBytes)) as string[];
    },
  };
}

// within what is sealed, so that a token of another query can be told from one that is not ours
const hash = (query: PageQuery): Buffer =>
  createHash('sha256')
    .update(JSON.stringify(Object.entries(query).sort(([left], [right]) => (left < right ? -1 : 1))))
    .digest();
