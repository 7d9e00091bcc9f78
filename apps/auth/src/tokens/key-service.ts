import { principalOf } from '@gatehouse/access';
import { type KeyServiceDefinition, SigningKeyState, type SigningKey as SigningKeyMessage } from '@gatehouse/contracts/auth';
import type { RpcCall, RpcService } from '@gatehouse/rpc';
import type { SigningKeyPhase, SigningKeyRow } from '../postgres/signing-key-repository';
import type { KeyRotation } from './key-rotation';

/** KeyService: the keys that tokens are signed with. */
export function createKeyService(rotation: KeyRotation): RpcService<KeyServiceDefinition> {
  return {
    listSigningKeys: async () => ({ keys: (await rotation.list()).map(toMessage) }),
    rotateSigningKey: async (_, call) => ({ key: toMessage(await rotation.rotate(callerOf(call))) }),
    withdrawSigningKey: async ({ kid }, call) => ({ key: toMessage(await rotation.withdraw(kid, callerOf(call))) }),
  };
}

function callerOf(call: RpcCall): string | undefined {
  const principal = principalOf(call);
  return principal.kind === 'user' ? principal.id : undefined;
}

const states: Readonly<Record<SigningKeyPhase, SigningKeyState>> = {
  next: SigningKeyState.SIGNING_KEY_STATE_NEXT,
  current: SigningKeyState.SIGNING_KEY_STATE_CURRENT,
  retired: SigningKeyState.SIGNING_KEY_STATE_RETIRED,
  withdrawn: SigningKeyState.SIGNING_KEY_STATE_WITHDRAWN,
};

const toMessage = ({ kid, phase, createTime, activateTime, retireTime, withdrawTime }: SigningKeyRow): SigningKeyMessage => ({
  kid,
  state: states[phase],
  createTime,
  activateTime,
  retireTime: retireTime ?? undefined,
  withdrawTime: withdrawTime ?? undefined,
});
