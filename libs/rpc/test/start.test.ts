import { clone, create, fromBinary, setExtension, toBinary } from '@bufbuild/protobuf';
import { FieldOptionsSchema, type FileDescriptorSet, FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { field as fieldRules, FieldRulesSchema, Ignore } from '@bufbuild/protovalidate/gen/buf/validate/validate_pb.js';
import { canonical_form, CanonicalForm } from '@gatehouse/contracts/api';
import { createServer } from 'node:net';
import { AppError } from '@gatehouse/errors';
import { bindService, createRpcServer, readMethods, type RpcInterceptor, type RpcServerOptions, type RpcService } from '../src';
import { openAccess } from '../src/testing';
import { descriptorSet } from './gen/descriptor-set';
import { RuleServiceDefinition } from './gen/test/v1/rules';
import { TestServiceDefinition } from './gen/test/v1/test';
import { caught, callRaw, closeLater, connect, descriptorSets, serve, toService } from './connect';

const service = toService(async () => ({ result: 'served' }));
const services = [bindService(TestServiceDefinition, service)];
const createTestServer = (options: Partial<RpcServerOptions> = {}) => createRpcServer({ services, descriptorSets, access: openAccess, ...options });
/** The test contract with a change made to it. */
const toContract = (change: (set: FileDescriptorSet) => void): Uint8Array[] => {
  const set = clone(FileDescriptorSetSchema, fromBinary(FileDescriptorSetSchema, descriptorSet));
  change(set);
  return [toBinary(FileDescriptorSetSchema, set)];
};

describe('a server does not start', () => {
  it('without the contract of a service', () => {
    expect(() => createTestServer({ descriptorSets: [] })).toThrow('test.v1.TestService/Act');
  });

  const cel = [{ id: 'broken', expression: 'this.nothing(' }];
  it.each([
    ['of a field', 'ActRequest', 'action', { cel }],
    ['of a field that may be left out', 'ActRequest', 'action', { cel, ignore: Ignore.IF_ZERO_VALUE }],
    ['of a list’s items', 'ActRequest', 'tags', { type: { case: 'repeated' as const, value: { items: { cel } } } }],
    ['of a map’s keys', 'ActRequest', 'parts', { type: { case: 'map' as const, value: { keys: { cel } } } }],
    ['of a message inside of the request', 'Part', 'text', { cel }],
    ['that fails on some input', 'Part', 'text', { cel: [{ id: 'failing', expression: "int(this) > 0 ? '' : 'must be positive'" }] }],
  ])('with a broken rule %s', (_where, messageName, fieldName, rules) => {
    const broken = toContract((set) => {
      const file = set.file.find(({ name }) => name === 'test/v1/test.proto')!;
      const found = file.messageType.find(({ name }) => name === messageName)!.field.find(({ name }) => name === fieldName)!;
      found.options = create(FieldOptionsSchema);
      setExtension(found.options, fieldRules, create(FieldRulesSchema, rules));
    });
    expect(() => createTestServer({ descriptorSets: broken })).toThrow(`test.v1.${messageName}: a rule of the contract cannot be used`);
  });

  it.each([
    ['a map', 'ActRequest', 'parts'],
    ['a message', 'CheckRequest', 'ruled'],
    ['bytes', 'Ruled', 'data'],
  ])('with the canonical form of %s', (_what, messageName, fieldName) => {
    const broken = toContract((set) => {
      const found = set.file
        .flatMap(({ messageType }) => messageType)
        .find(({ name }) => name === messageName)!
        .field.find(({ name }) => name === fieldName)!;
      found.options = create(FieldOptionsSchema);
      setExtension(found.options, canonical_form, CanonicalForm.UUID);
    });
    const both = [...services, bindService(RuleServiceDefinition, {} as never)];
    expect(() => createTestServer({ services: both, descriptorSets: broken })).toThrow('only a string, or a list of them, has a canonical form');
  });

  it('with an RPC missing: it does not compile', () => {
    // @ts-expect-error: `look` is missing
    const incomplete: RpcService<typeof TestServiceDefinition> = { act: async () => ({ result: '' }) };
    expect(() => createTestServer({ services: [bindService(TestServiceDefinition, incomplete)] })).toThrow('test.v1.TestService/Look');
  });

  it('when its access does not agree', () => {
    const access = () => {
      throw new Error('test.v1.TestService/Act has no access rule');
    };
    expect(() => createTestServer({ access })).toThrow('no access rule');
  });
});

describe('a port', () => {
  it('that is taken is named, and another one can be tried', async () => {
    const { port } = await serve(async () => ({ result: '' }));
    const server = createTestServer();
    closeLater(() => server.drain(100));
    await expect(server.listen('127.0.0.1', port)).rejects.toMatchObject({ code: 'EADDRINUSE', port, message: expect.stringContaining(String(port)) });
    const other = await server.listen('127.0.0.1', 0);
    expect(await connect(`127.0.0.1:${other}`).act({})).toEqual({ result: 'served' });
  });

  it('that another kind of server has taken is named as well', async () => {
    const holder = createServer();
    await new Promise<void>((resolve) => holder.listen(0, '127.0.0.1', resolve));
    closeLater(() => holder.close());
    const { port } = holder.address() as { port: number };
    const server = createTestServer();
    closeLater(() => server.drain(100));
    await expect(server.listen('127.0.0.1', port)).rejects.toMatchObject({ code: 'EADDRINUSE', port });
  });

  it('of an address that is not ours is told apart', async () => {
    const server = createTestServer();
    closeLater(() => server.drain(100));
    await expect(server.listen('192.0.2.1', 0)).rejects.toMatchObject({ code: 'EADDRNOTAVAIL' });
  });
});

describe('the methods of a server', () => {
  it('are those of its services, handed to access', () => {
    const seen: string[][] = [];
    const server = createTestServer({ access: (methods) => (seen.push(methods.map(({ path }) => path)), openAccess(methods)) });
    expect(seen).toEqual([['test.v1.TestService/Act', 'test.v1.TestService/Look']]);
    expect(server.methods.map(({ name, service: of, idempotent }) => [of, name, idempotent])).toEqual([
      ['test.v1.TestService', 'Act', false],
      ['test.v1.TestService', 'Look', true],
    ]);
  });

  it('of contracts that share files are read once', () => {
    expect(readMethods([descriptorSet, descriptorSet]).map(({ path }) => path)).toEqual(readMethods([descriptorSet]).map(({ path }) => path));
  });
});

describe('the chain of a server', () => {
  it('runs outermost first, observers outside of all', async () => {
    const order: string[] = [];
    const mark =
      (name: string): RpcInterceptor =>
      (call, next) => {
        order.push(`${name}${call.message ? ', readable' : ''}`);
        return next();
      };
    const { target } = await serve(async () => (order.push('handler'), { result: '' }), {
      access: () => ({ authenticate: mark('authenticate'), authorize: mark('authorize') }),
      observer: { server: [mark('trace'), mark('metrics'), mark('access line')], client: [] },
    });
    await connect(target).act({});
    expect(order).toEqual(['trace', 'metrics', 'access line', 'authenticate, readable', 'authorize, readable', 'handler']);
    order.length = 0;
    await caught(callRaw(target, Buffer.from([0x0a, 0xff])));
    expect(order).toEqual(['trace', 'metrics', 'access line']);
  });

  it('of a client runs in order too, once for a call that is retried, and may add metadata', async () => {
    const order: string[] = [];
    let calls = 0;
    const { target } = await serve(async (_request, { metadata }) => {
      if (++calls < 2) throw new AppError({ code: 'UNAVAILABLE', reason: 'GONE', domain: 'thing.gatehouse', message: 'gone' });
      return { result: metadata.get('x-thing') ?? 'nothing' };
    });
    const client = connect(target, {
      observer: {
        server: [],
        client: [
          (call, next) => (order.push(`outer ${call.method.path} ${call.target}`), next()),
          (call, next) => (order.push('inner'), call.metadata.set('x-thing', 'carried'), next()),
        ],
      },
    });
    expect(await client.look({})).toEqual({ result: 'carried' });
    expect([calls, order]).toEqual([2, [`outer test.v1.TestService/Look ${target}`, 'inner']]);
  });
});
