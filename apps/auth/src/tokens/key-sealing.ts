import { tokenAlgorithm } from '@gatehouse/access';
import { unavailable } from '@gatehouse/contracts/api';
import { type CryptoKey, exportJWK, generateKeyPair, importJWK } from 'jose';
import { createHash } from 'node:crypto';
import type { NewSigningKey } from '../postgres/signing-key-repository';
import { deriveKey, seal, unseal } from '../seal';

/** Makes signing keys, and keeps their private halves from whoever reads the database. */
export interface KeySealing {
  make(): Promise<NewSigningKey>;
  /** The private half. @throws unavailable when none of the secrets opens it */
  open(key: NewSigningKey): Promise<CryptoKey>;
  /** The same, sealed under the secret of today; undefined where it is. @throws unavailable when none of the secrets opens it */
  reseal(key: NewSigningKey): Buffer | undefined;
}

/** Seals under a key derived from `secret`; opens what was sealed under that or one of `previousSecrets`. */
export function createKeySealing(secret: Uint8Array, previousSecrets: readonly Uint8Array[]): KeySealing {
  const sealingKeys = [secret, ...previousSecrets].map((each) => deriveKey(each, 'gatehouse signing key'));
  const today = sealingKeys[0]!;
  const unsealAny = ({ kid, sealedPrivateKey }: NewSigningKey): { d: Buffer; isOfToday: boolean } => {
    const failures: unknown[] = [];
    for (const key of sealingKeys)
      try {
        return { d: unseal(key, sealedPrivateKey, Buffer.from(kid)), isOfToday: key === today };
      } catch (error) {
        failures.push(error);
      }
    throw unavailable({
      cause: new Error(
        'neither AUTH_SECRET_KEY nor one of AUTH_PREVIOUS_SECRET_KEYS is what the signing keys in the database were sealed with: start with that one among them',
        { cause: failures[0] },
      ),
    });
  };
  return {
    async make() {
      const { publicKey, privateKey } = await generateKeyPair(tokenAlgorithm, { extractable: true });
      const x = (await exportJWK(publicKey)).x!;
      const kid = createHash('sha256').update(x).digest('base64url').slice(0, 16);
      const { d } = await exportJWK(privateKey);
      return { kid, publicKey: x, sealedPrivateKey: seal(today, Buffer.from(d!), Buffer.from(kid)) };
    },
    async open(key) {
      const d = unsealAny(key).d.toString();
      return (await importJWK({ kty: 'OKP', crv: 'Ed25519', x: key.publicKey, d }, tokenAlgorithm)) as CryptoKey;
    },
    reseal(key) {
      const { d, isOfToday } = unsealAny(key);
      return isOfToday ? undefined : seal(today, d, Buffer.from(key.kid));
    },
  };
}
