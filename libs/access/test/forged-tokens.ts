import { generateKeyPairSync, type KeyObject, sign as signBytes } from 'node:crypto';
import { inspect } from 'node:util';
import { createTokenVerifier, importKeys } from '../src';

const realm = { issuer: 'https://gatehouse.test', audience: 'gatehouse' };
export const kid = 'key-1';
/** The time of the verifier. Seconds since the epoch. */
export const now = 1_800_000_000;
export const ada = '018f0000-0000-7000-8000-000000000001';
/** The header of a token that is ours. */
export const own = { alg: 'EdDSA', typ: 'at+jwt', kid };
/** What a token that is ours says. */
export const claims = {
  iss: realm.issuer,
  aud: realm.audience,
  sub: ada,
  client_id: 'gatehouse',
  sid: 'session-of-ada',
  permissions: ['a'],
  iat: now,
  exp: now + 900,
};
/** The claims of a service token that is ours, for `user`. */
export const service = { iss: realm.issuer, aud: 'user', sub: 'auth', iat: now, exp: now + 60 };
export const { privateKey, publicKey } = generateKeyPairSync('ed25519');
export const foreign = generateKeyPairSync('ed25519');
/** `x` of the JWK of our public key. */
export const x = publicKey.export({ format: 'jwk' }).x!;

export const encode = (value: string | Uint8Array | object): string =>
  (typeof value === 'string' || value instanceof Uint8Array ? Buffer.from(value as string) : Buffer.from(JSON.stringify(value))).toString('base64url');

/** A token of this header and these claims, objects or the very text, signed with a key. */
export function forge(header: object | string, payload: object | string = claims, key: KeyObject = privateKey): string {
  const content = `${encode(header)}.${encode(payload)}`;
  return `${content}.${signBytes(null, Buffer.from(content), key).toString('base64url')}`;
}

/** The three parts of a token that is ours. */
export const parts = (): [string, string, string] => forge(own).split('.') as [string, string, string];

/** A token, and the reason with which it is refused: TOKEN_INVALID where none is named. */
export interface Forgery {
  readonly what: string;
  readonly make: () => string | Promise<string>;
  readonly reason: string;
}
export type ForgeryRow = readonly [what: string, make: Forgery['make'], reason?: string];
export const toForgeries = (rows: readonly ForgeryRow[]): Forgery[] => rows.map(([what, make, reason = 'TOKEN_INVALID']) => ({ what, make, reason }));

/** A verifier of `user` that knows our key; `asked` are the ids of keys that it looked for. */
export async function createObservedVerifier() {
  const keys = await importKeys({ keys: [{ kty: 'OKP', crv: 'Ed25519', x, kid, alg: 'EdDSA', use: 'sig' }] });
  const asked: string[] = [];
  const find = async (id: string) => {
    asked.push(id);
    return keys.get(id);
  };
  const verifier = createTokenVerifier({ ...realm, service: 'user', keys: { find, isReady: () => true }, revocations: undefined, now: () => now * 1_000 });
  return {
    asked,
    verifier,
    /** The reason of the refusal, and everything that a log of the error could show, to the last cause. */
    async refusalOf(token: string): Promise<{ reason: string; shown: string }> {
      try {
        return { reason: `OK ${inspect(await verifier.verify(token))}`, shown: '' };
      } catch (error) {
        return { reason: (error as { reason: string }).reason, shown: inspect(error, { depth: Infinity, showHidden: true }) };
      }
    },
  };
}
