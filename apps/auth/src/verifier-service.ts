import type { VerifierServiceDefinition } from '@gatehouse/contracts/verifier';
import type { RpcService } from '@gatehouse/rpc';
import type { RevocationLog } from './revocations/revocation-log';
import type { SigningKeys } from './tokens/signing-keys';

// Long-lived calls end with UNAVAILABLE once they are 280 s old; who ends before that ends well. Milliseconds.
const longestWatchMs = 240_000;

/** VerifierService: what it takes to verify tokens. */
export const createVerifierService = (signingKeys: SigningKeys, log: Pick<RevocationLog, 'watch'>): RpcService<VerifierServiceDefinition> => ({
  getJwks: async () => ({ keys: [...(await signingKeys.jwks())] }),
  watchRevocations: ({ cursor }, { signal }) => log.watch(cursor, AbortSignal.any([signal, AbortSignal.timeout(longestWatchMs)])),
});
