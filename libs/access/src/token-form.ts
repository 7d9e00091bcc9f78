import { accessTokenType, serviceTokenType, tokenAlgorithm } from './token-type';

/** What the header of a token says, where its form is that of the tokens of this installation. */
export interface TokenHeader {
  readonly kid: string;
  readonly isService: boolean;
}

// longer than the headers of a request may be
const maxTokenLength = 16_384;
const jws = /^[\w-]{1,1024}\.[\w-]+\.[\w-]{86}$/;
const keyId = /^[\w-]{1,64}$/;
const headerMembers: ReadonlySet<string> = new Set(['alg', 'typ', 'kid']);

/**
 * Reads the header of a token, and judges its form before any key is asked for and any cryptography is done. What says of
 * itself how it is to be verified, as `jwk`, `jku`, `x5u`, `crit` and `b64` do, is none of ours (RFC 8725 §3.1, §3.10).
 * @returns undefined for whatever `auth` does not write: another algorithm or type, other members, base64url or JSON that could be written otherwise
 */
export function readTokenForm(token: string): TokenHeader | undefined {
  if (token.length > maxTokenLength || !jws.test(token)) return undefined;
  const [first = '', second = '', third = ''] = token.split('.');
  const header = readObject(first);
  if (!header || !readObject(second) || !isCanonical(third)) return undefined;
  const { alg, typ, kid } = header;
  if (alg !== tokenAlgorithm || typeof kid !== 'string' || !keyId.test(kid)) return undefined;
  if (typ !== accessTokenType && typ !== serviceTokenType) return undefined;
  return Object.keys(header).every((name) => headerMembers.has(name)) ? { kid, isService: typ === serviceTokenType } : undefined;
}

/** Whether each octet string has one way of writing: bits that are left over are zero (RFC 4648 §3.5). */
const isCanonical = (part: string) => Buffer.from(part, 'base64url').toString('base64url') === part;

/** A JSON object that is written as JSON.stringify does: so without members that come twice, of which readers see different ones (RFC 8259 §4). */
function readObject(part: string): Record<string, unknown> | undefined {
  if (!isCanonical(part)) return undefined;
  const text = Buffer.from(part, 'base64url').toString();
  try {
    const value: unknown = JSON.parse(text);
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject && JSON.stringify(value) === text ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
