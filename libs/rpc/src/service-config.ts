import type { RpcMethod } from './method';

/** gRPC's service config for a channel: round_robin, and retries with a throttle where the contract calls a method idempotent (gRFC A6). */
export function toServiceConfig(methods: readonly RpcMethod[]) {
  const idempotent = methods.filter((method) => method.idempotent && !method.requestStream);
  return {
    loadBalancingConfig: [{ round_robin: {} }],
    retryThrottling: { maxTokens: 10, tokenRatio: 0.1 },
    methodConfig: idempotent.length
      ? [
          {
            name: idempotent.map(({ service, name }) => ({ service, method: name })),
            retryPolicy: { maxAttempts: 3, initialBackoff: '0.05s', maxBackoff: '0.5s', backoffMultiplier: 2, retryableStatusCodes: ['UNAVAILABLE'] },
          },
        ]
      : [],
  };
}
