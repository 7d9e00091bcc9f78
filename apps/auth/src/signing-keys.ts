import { type KeySource, importKeys, type SigningKey, tokenAlgorithm } from '@gatehouse/access';
import { unavailable } from '@gatehouse/contracts/api';
import type { Jwk } from '@gatehouse/contracts/verifier';
import type { Database } from '@gatehouse/postgres';
import { type CryptoKey, exportJWK, generateKeyPair, importJWK } from 'jose';
import { AsyncLocalStorage } from 'node:async_hooks';
import { createHash } from 'node:crypto';
import { insertFirstSigningKey, listSigningKeys, type SigningKeyRow } from './postgres/signing-key-repository';
import { deriveKey, seal, unseal } from './seal';

export interface SigningKeys extends KeySource {
  /** The key that tokens are signed with now. @throws unavailable without the database, or when AUTH_SECRET_KEY does not open it */
  signingKey(): Promise<SigningKey>;
  /** Public keys of every token that may still be valid. */
  jwks(): Promise<readonly Jwk[]>;
}

interface LoadedKeys {
  readonly current: SigningKey;
  readonly jwks: readonly Jwk[];
  readonly verification: ReadonlyMap<string, CryptoKey>;
}

/** The installation's signing keys, kept in the database under a key derived from the secret; the first is made when it is first needed. */
export function createSigningKeys(database: Database, secret: Uint8Array): SigningKeys {
  const sealingKey = deriveKey(secret, 'gatehouse signing key');
  let loaded: LoadedKeys | undefined;
  let loading: Promise<LoadedKeys> | undefined;
  // many calls wait for one load: it must not end with the deadline or the cancellation of the call that began it
  const outsideOfCalls = AsyncLocalStorage.snapshot();

  const load = async (): Promise<LoadedKeys> => {
    let rows = await listSigningKeys(database);
    if (!rows.length) {
      await insertFirstSigningKey(database, () => makeKey(sealingKey));
      rows = await listSigningKeys(database);
    }
    const [newest] = rows as [SigningKeyRow];
    const jwks = rows.map(toJwk);
    return { current: { kid: newest.kid, privateKey: await openKey(sealingKey, newest) }, jwks, verification: await importKeys({ keys: jwks }) };
  };
  const get = async (): Promise<LoadedKeys> => loaded ?? (loaded = await (loading ??= outsideOfCalls(load).finally(() => (loading = undefined))));

  return {
    signingKey: async () => (await get()).current,
    jwks: async () => (await get()).jwks,
    find: async (kid) => (await get()).verification.get(kid),
    isReady: () => loaded !== undefined,
  };
}

const toJwk = ({ kid, public_key: x }: SigningKeyRow): Jwk => ({ kty: 'OKP', crv: 'Ed25519', x, kid, alg: tokenAlgorithm, use: 'sig' });

async function makeKey(sealingKey: Buffer): Promise<SigningKeyRow> {
  const { publicKey, privateKey } = await generateKeyPair(tokenAlgorithm, { extractable: true });
  const x = (await exportJWK(publicKey)).x!;
  const kid = createHash('sha256').update(x).digest('base64url').slice(0, 16);
  const { d } = await exportJWK(privateKey);
  return { kid, public_key: x, sealed_private_key: seal(sealingKey, Buffer.from(d!), Buffer.from(kid)) };
}

async function openKey(sealingKey: Buffer, { kid, public_key: x, sealed_private_key }: SigningKeyRow): Promise<CryptoKey> {
  let d: string;
  try {
    d = unseal(sealingKey, sealed_private_key, Buffer.from(kid)).toString();
  } catch (error) {
    const cause = new Error('AUTH_SECRET_KEY is not the one that the signing keys in the database were sealed with: start with that one', { cause: error });
    throw unavailable({ cause });
  }
  return (await importJWK({ kty: 'OKP', crv: 'Ed25519', x, d }, tokenAlgorithm)) as CryptoKey;
}
