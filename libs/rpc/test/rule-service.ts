import { Client, credentials } from '@grpc/grpc-js';
import { createChannel, createClient, type PartialMessage, type RpcService } from '../src';
import { startTestServer } from '../src/testing';
import { closeLater, descriptorSets } from './connect';
import { type Ruled, RuleServiceDefinition, type TellRequest } from './gen/test/v1/rules';

/** The rule contract; its streams answer each message that the rules let pass. */
const service: RpcService<RuleServiceDefinition> = {
  check: async () => ({}),
  async *watch() {
    yield {};
  },
  async gather(requests) {
    const items = [];
    for await (const request of requests) items.push(...request.items);
    return { items };
  },
  async *converse(requests) {
    for await (const _ of requests) yield {};
  },
  tell: async (told) => ({ told }),
};

/** Serves the rule contract and gives a client of it. */
export async function startRuleService(options: Partial<Parameters<typeof startTestServer>[2]> = {}) {
  const server = await startTestServer(RuleServiceDefinition, service, { descriptorSets, ...options });
  closeLater(() => server.close());
  const channel = createChannel({ target: server.target, descriptorSets });
  closeLater(() => channel.close());
  const client = createClient(RuleServiceDefinition, channel);
  return { client, target: server.target, tell: (bytes: Buffer) => tell(server.target, bytes) };
}

export type RuleClient = Awaited<ReturnType<typeof startRuleService>>['client'];

/** Sends one message in every kind of call, where calls stream after one that keeps every rule; gives how often it was let pass, and what else was said. */
export const kindsOfCall: Readonly<Record<string, (client: RuleClient, ruled: PartialMessage<Ruled>) => Promise<unknown>>> = {
  unary: (client, ruled) => client.check({ ruled }),
  'stream of responses': (client, ruled) => count(client.watch({ ruled })),
  'stream of requests': (client, ruled) => client.gather(give(ruled)),
  'stream both ways': (client, ruled) => count(client.converse(give(ruled))),
};

/** Keeps every rule. */
export const valid: PartialMessage<Ruled> = { required: 'x', few: ['a', 'b'], choice: { $case: 'left', value: 'l' } };

async function* give(ruled: PartialMessage<Ruled>) {
  yield { ruled: valid };
  yield { ruled };
}

async function count(stream: AsyncIterable<unknown>): Promise<number> {
  let answers = 0;
  for await (const _ of stream) answers++;
  return answers;
}

/** Sends bytes to Tell as a foreign client would. */
function tell(target: string, bytes: Buffer): Promise<TellRequest | undefined> {
  const client = new Client(target, credentials.createInsecure());
  closeLater(() => client.close());
  return new Promise((resolve, reject) =>
    client.makeUnaryRequest(
      '/test.v1.RuleService/Tell',
      (same: Buffer) => same,
      RuleServiceDefinition.methods.tell.responseType.decode,
      bytes,
      (error, answer) => (error ? reject(error) : resolve(answer?.told)),
    ),
  );
}
