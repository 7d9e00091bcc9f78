import { descriptorSet, UserServiceDefinition } from '@gatehouse/contracts/user';
import { isAppError } from '@gatehouse/errors';
import { createChannel, createClient } from '@gatehouse/rpc';
import type { Comparison } from '../comparison';
import { startGateway } from '../gateway-process';
import { loadCalls, loadHttp } from '../load';
import { knownId, unknownId, type UserServiceIntroduction } from '../measured/user-service';
import { startOwn } from '../own-process';

/** What an error costs beside an answer. */
export const errorPath: Comparison = {
  name: 'error-path',
  title: 'An error beside an answer',
  about:
    'GetUser of somebody who is not there (NOT_FOUND with its ErrorInfo) against GetUser of somebody who is, through the whole chain of the server, access and telemetry included: of the service called over gRPC, and of the gateway called over HTTP (problem+json against JSON).',
  measure: 'ratio',
  bar: 1.3,
  async open({ nodeArguments }) {
    const service = await startOwn<UserServiceIntroduction>('user-service', nodeArguments);
    const { target, issuer, token } = service.introduced;
    const gateway = await startGateway({ target, issuer, nodeArguments }).catch(async (error) => {
      await service.stop();
      throw error;
    });
    const channel = createChannel({ target, descriptorSets: [descriptorSet] });
    const users = createClient(UserServiceDefinition, channel, { credentials: async () => token });

    const find = async () => void (await users.getUser({ id: knownId }));
    const miss = async () => {
      const error = await users.getUser({ id: unknownId }).then(
        () => undefined,
        (thrown) => thrown,
      );
      if (!isAppError(error, 'USER_NOT_FOUND')) throw new Error('GetUser of nobody should be USER_NOT_FOUND', { cause: error });
    };
    const overGrpc = (call: () => Promise<void>) => (requests: number) => service.measure(requests, () => loadCalls(requests, call));
    const overHttp = (id: string, status: number) => (requests: number) =>
      gateway.measure(requests, () => loadHttp(requests, { url: `${gateway.url}/v1/users/${id}`, headers: { authorization: `Bearer ${token}` }, status }));
    return {
      pairs: [
        { name: 'service, gRPC', requests: 3_000, baseline: { name: 'OK', sample: overGrpc(find) }, contender: { name: 'NOT_FOUND', sample: overGrpc(miss) } },
        {
          name: 'gateway, HTTP',
          requests: 3_000,
          baseline: { name: '200', sample: overHttp(knownId, 200) },
          contender: { name: '404', sample: overHttp(unknownId, 404) },
        },
      ],
      async close() {
        channel.close();
        await gateway.stop();
        await service.stop();
      },
    };
  },
};
