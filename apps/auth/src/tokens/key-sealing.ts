import { tokenAlgorithm } from '@gatehouse/access';
import { type CryptoKey, exportJWK, generateKeyPair, importJWK } from 'jose';
import { createHash } from 'node:crypto';
import type { NewSigningKey } from '../postgres/signing-key-repository';
import { createKeyRing, type Secrets } from '../seal';

/** Makes signing keys, and keeps their private halves from whoever reads the database. */
export interface KeySealing {
  make(): Promise<NewSigningKey>;
  /** The private half. @throws unavailable when none of the secrets opens it */
  open(key: NewSigningKey): Promise<CryptoKey>;
  /** The same, sealed under the secret of today; undefined where it is. @throws unavailable when none of the secrets opens it */
  reseal(key: NewSigningKey): Buffer | undefined;
}

export function createKeySealing(secrets: Secrets): KeySealing {
  const ring = createKeyRing(secrets, 'gatehouse signing key');
  return {
    async make() {
      const { publicKey, privateKey } = await generateKeyPair(tokenAlgorithm, { extractable: true });
      const x = (await exportJWK(publicKey)).x!;
      const kid = createHash('sha256').update(x).digest('base64url').slice(0, 16);
      const { d } = await exportJWK(privateKey);
      return { kid, publicKey: x, sealedPrivateKey: ring.seal(Buffer.from(d!), Buffer.from(kid)) };
    },
    async open({ kid, publicKey, sealedPrivateKey }) {
      const d = ring.unseal(sealedPrivateKey, Buffer.from(kid)).toString();
      return (await importJWK({ kty: 'OKP', crv: 'Ed25519', x: publicKey, d }, tokenAlgorithm)) as CryptoKey;
    },
    reseal: ({ kid, sealedPrivateKey }) => ring.reseal(sealedPrivateKey, Buffer.from(kid)),
  };
}
