// A server and a client over a real socket: an answer, an error of the service, and a request that breaks a rule of its contract.
import { declareError, isAppError } from '@gatehouse/errors';
import { bindService, createChannel, createClient, createRpcServer, type RpcInterceptor } from '@gatehouse/rpc';
import { descriptorSet } from './gen/descriptor-set.js';
import { GreeterServiceDefinition } from './gen/greeter/v1/greeter.js';

const guestUnknown = declareError({
  code: 'NOT_FOUND',
  reason: 'GUEST_UNKNOWN',
  domain: 'greeter.example',
  title: 'Guest unknown',
  message: 'nobody called {guest} is on the list',
  retry: 'never',
  metadata: ['guest'],
});

// a real one throws for a token that is missing or not valid, and for a caller who may not
const admit: RpcInterceptor = (_call, next) => next();

const server = createRpcServer({
  services: [
    bindService(GreeterServiceDefinition, {
      async greet({ guest }) {
        if (guest !== 'Ada') throw guestUnknown({ guest });
        return { greeting: `Hello ${guest}` };
      },
    }),
  ],
  descriptorSets: [descriptorSet],
  access: () => ({ authenticate: admit, authorize: admit }),
});

async function main() {
  const port = await server.listen('127.0.0.1', 0);
  server.setServing(true);
  const channel = createChannel({ target: `127.0.0.1:${port}`, descriptorSets: [descriptorSet], errorDomains: ['greeter.example'] });
  const greeter = createClient(GreeterServiceDefinition, channel);

  console.log((await greeter.greet({ guest: 'Ada' })).greeting);
  for (const guest of ['Bob', ''])
    await greeter.greet({ guest }).catch((error: unknown) => {
      if (!isAppError(error)) throw error;
      console.log(error.code, error.domain, error.reason, error.message, error.metadata['guest'] ?? error.violations[0]?.field);
    });

  channel.close();
  await server.drain(1_000);
}

void main();
