import { peerNotAdmitted } from '@gatehouse/contracts/api';
import type { RpcInterceptor } from './call';
import type { RpcBinding } from './definition';

/**
 * Admits to each service whose certificate has a name of its list; beside the tokens, which say for whom a call is made.
 * @throws Error for a service without a list: a certificate of the CA alone proves too little
 */
export function createPeerCheck(services: readonly RpcBinding[]): RpcInterceptor {
  const peersOf = new Map(services.map(({ definition, peers }) => [definition.fullName, new Set(peers)]));
  for (const [service, peers] of peersOf) if (!peers.size) throw new Error(`${service} does not say which peers may call it`);
  return async (call, next) => {
    const names = call.peerNames();
    const admitted = peersOf.get(call.method.service)!;
    if (!names.some((name) => admitted.has(name))) throw peerNotAdmitted({ peer: names[0]?.slice(0, 255) ?? 'nobody' });
    return next();
  };
}
