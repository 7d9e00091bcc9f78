import type { VerifierServiceDefinition } from '@gatehouse/contracts/verifier';
import type { RpcService } from '@gatehouse/rpc';
import type { SigningKeys } from './signing-keys';

/** VerifierService: what it takes to verify tokens. */
export function createVerifierService(signingKeys: SigningKeys): RpcService<VerifierServiceDefinition> {
  return { getJwks: async () => ({ keys: [...(await signingKeys.jwks())] }) };
}
