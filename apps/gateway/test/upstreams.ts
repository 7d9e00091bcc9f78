import { once } from 'node:events';
import { type DescMessage, fromBinary, fromJson, type JsonValue, toBinary, toJson } from '@bufbuild/protobuf';
import { createAccess, createTokenVerifier } from '@gatehouse/access';
import { createTestIssuer, type TestIssuer } from '@gatehouse/access/testing';
import { bindService, createRegistryOf, createRpcServer, readMethods, type RpcBinding, type RpcCall } from '@gatehouse/rpc';
import { descriptorSet } from '../src/gen/descriptor-set';

export const realm = { issuer: 'https://gatehouse.test', audience: 'gatehouse' };

/** What an upstream answers to a call, as JSON. */
export type Answer = (request: JsonValue, call: RpcCall) => Promise<JsonValue>;

/** Services of the contract that answer as a test says, behind a real gRPC server with the real access rules. */
export interface Upstreams {
  readonly issuer: TestIssuer;
  /** The setting GATEWAY_UPSTREAMS. */
  readonly setting: string;
  /** Calls that were admitted, latest last. */
  readonly calls: { method: string; request: JsonValue; call: RpcCall }[];
  /** Answers by RPC name; an RPC without one gives an empty message. */
  readonly answers: Partial<Record<string, Answer>>;
  close(): Promise<void>;
}

const registry = createRegistryOf([descriptorSet]);
const services = readMethods([descriptorSet])
  .map(({ service }) => service)
  .filter((name, index, all) => all.indexOf(name) === index);

export async function startUpstreams(): Promise<Upstreams> {
  const issuer = await createTestIssuer(realm);
  const calls: Upstreams['calls'] = [];
  const answers: Upstreams['answers'] = { GetJwks: async () => ({ keys: issuer.jwks.keys.map((key) => ({ ...key })) }) };
  const answer = async (method: string, request: JsonValue, call: RpcCall) => {
    calls.push({ method, request, call });
    return answers[method]?.(request, call) ?? {};
  };
  const verifier = createTokenVerifier({ ...realm, keys: issuer.keys, service: 'user', revocations: undefined });
  const server = createRpcServer({
    services: services.map((name) => bind(name, answer)),
    descriptorSets: [descriptorSet],
    access: (methods) => createAccess({ verifier, methods }),
  });
  const port = await server.listen('127.0.0.1', 0);
  server.setServing(true);
  const packages = new Set(services.map((name) => name.slice(0, name.lastIndexOf('.'))));
  const setting = [...packages].map((name) => `${name}=127.0.0.1:${port}`).join(',');
  return { issuer, setting, calls, answers, close: () => server.drain(1_000) };
}

const watch = 'WatchRevocations';
/** Nothing was ever revoked. */
async function* tellNothing(_request: JsonValue, { signal }: RpcCall) {
  yield { isCurrent: true };
  await once(signal, 'abort');
}

/** A service of the descriptor set, its messages as JSON: the gateway has no generated code of any service. */
function bind(name: string, answer: (method: string, request: JsonValue, call: RpcCall) => Promise<JsonValue>): RpcBinding {
  const { methods } = registry.getService(name)!;
  const definition = Object.fromEntries(
    methods.map(({ name: method, input, output, methodKind }) => [
      method,
      {
        name: method,
        requestType: toType(input),
        requestStream: methodKind === 'client_streaming' || methodKind === 'bidi_streaming',
        responseType: toType(output),
        responseStream: methodKind === 'server_streaming' || methodKind === 'bidi_streaming',
      },
    ]),
  );
  const handlers = Object.fromEntries(
    methods.map(({ name: method, methodKind }) => [
      method,
      methodKind === 'unary'
        ? (request: JsonValue, call: RpcCall) => answer(method, request, call)
        : method === watch
          ? (tellNothing as never)
          : async function* (request: JsonValue, call: RpcCall) {
              yield await answer(method, request, call);
            },
    ]),
  );
  return bindService({ fullName: name, methods: definition }, handlers as never);
}

const toType = (message: DescMessage) => ({
  encode: (json: JsonValue) => ({ finish: () => toBinary(message, fromJson(message, json)) }) as never,
  decode: (bytes: unknown) => toJson(message, fromBinary(message, bytes as Uint8Array)),
  fromPartial: (json: JsonValue) => json,
});
