import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { Client, credentials, type ClientReadableStream } from '@grpc/grpc-js';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';
import { bindService, createRpcServer } from '../src';
import {
  HealthCheckRequestSchema,
  HealthCheckResponse_ServingStatus as Serving,
  HealthCheckResponseSchema,
  HealthListResponseSchema,
} from '../src/gen/grpc/health/v1/health_pb';
import {
  ExtensionRequestSchema,
  type ServerReflectionRequest,
  ServerReflectionRequestSchema,
  type ServerReflectionResponse,
  ServerReflectionResponseSchema,
} from '../src/gen/grpc/reflection/v1/reflection_pb';
import { openAccess, startTestServer, type TestServer } from '../src/testing';
import { descriptorSet } from './gen/descriptor-set';
import { TestServiceDefinition } from './gen/test/v1/test';

const run = promisify(execFile);
const act = async () => ({ result: 'found' });
let server: TestServer;
let client: Client;

beforeEach(async () => {
  const closed = () => Promise.reject(new Error('health and reflection ask for no token'));
  server = await startTestServer(
    TestServiceDefinition,
    { act, look: act },
    { descriptorSets: [descriptorSet], access: () => ({ authenticate: closed, authorize: closed }) },
  );
  client = new Client(server.target, credentials.createInsecure());
});
afterEach(async () => {
  client.close();
  await server.close();
});

const decode = (bytes: Buffer) => fromBinary(HealthCheckResponseSchema, bytes).status;
const encode = (service: string) => Buffer.from(toBinary(HealthCheckRequestSchema, create(HealthCheckRequestSchema, { service })));
const check = (service: string) =>
  new Promise<Serving>((resolve, reject) =>
    client.makeUnaryRequest('/grpc.health.v1.Health/Check', encode, decode, service, (error, status) => (error ? reject(error) : resolve(status!))),
  );

describe('grpc.health.v1', () => {
  it('says of the server and of each service whether it serves', async () => {
    expect(await check('')).toBe(Serving.SERVING);
    expect(await check('test.v1.TestService')).toBe(Serving.SERVING);
    await expect(check('test.v1.NoService')).rejects.toMatchObject({ code: 5 });
    server.server.setServing(false);
    expect(await check('test.v1.TestService')).toBe(Serving.NOT_SERVING);
  });

  it('lists all of them at once', async () => {
    const list = (bytes: Buffer) => fromBinary(HealthListResponseSchema, bytes).statuses;
    const statuses = await new Promise<ReturnType<typeof list>>((resolve, reject) =>
      client.makeUnaryRequest('/grpc.health.v1.Health/List', encode, list, '', (error, found) => (error ? reject(error) : resolve(found!))),
    );
    expect(Object.entries(statuses).map(([service, { status }]) => [service, status])).toEqual([
      ['', Serving.SERVING],
      ['test.v1.TestService', Serving.SERVING],
    ]);
  });

  it('tells a watcher that it knows no such service, and lives on when the watcher leaves', async () => {
    const stream: ClientReadableStream<Serving> = client.makeServerStreamRequest('/grpc.health.v1.Health/Watch', encode, decode, 'test.v1.NoService');
    expect(await new Promise((resolve) => stream.on('error', () => {}).once('data', resolve))).toBe(Serving.SERVICE_UNKNOWN);
    stream.cancel();
    server.server.setServing(false); // the watcher that left is not written to
    expect(await check('')).toBe(Serving.NOT_SERVING);
  });

  it('tells a watcher of each change', async () => {
    const stream: ClientReadableStream<Serving> = client.makeServerStreamRequest('/grpc.health.v1.Health/Watch', encode, decode, '');
    const seen: Serving[] = [];
    const ended = new Promise((resolve) =>
      stream
        .on('data', (status) => seen.push(status))
        .on('end', resolve)
        .on('error', resolve),
    );
    while (seen.length < 1) await new Promise((resolve) => setTimeout(resolve, 5));
    server.server.setServing(false);
    while (seen.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
    server.server.setServing(true);
    while (seen.length < 3) await new Promise((resolve) => setTimeout(resolve, 5));
    await server.close();
    await ended;
    expect(seen).toEqual([Serving.SERVING, Serving.NOT_SERVING, Serving.SERVING, Serving.NOT_SERVING]);
  });
});

describe('grpc.reflection', () => {
  const buf = (...args: string[]) => run('buf', ['curl', '--http2-prior-knowledge', '--protocol', 'grpc', '--reflect', ...args]);

  it('lets a client that knows nothing list, describe and call, and shows the rules of the contract', async () => {
    await server.close();
    server = await startTestServer(TestServiceDefinition, { act, look: act }, { descriptorSets: [descriptorSet] });
    const base = `http://${server.target}`;
    expect((await buf('--list-services', base)).stdout.trim()).toBe('test.v1.TestService');
    expect((await buf('--list-methods', base)).stdout).toContain('test.v1.TestService/Act');
    expect(JSON.parse((await buf('-d', '{"action": "go"}', `${base}/test.v1.TestService/Act`)).stdout)).toEqual({ result: 'found' });
    // buf prints the error of the call, on which it exits
    await expect(buf('-d', `{"action": "${'a'.repeat(65)}"}`, `${base}/test.v1.TestService/Act`)).rejects.toMatchObject({
      stderr: expect.stringContaining('invalid_argument'),
    });
  });

  it('asks for no token', async () => {
    expect((await buf('--list-services', `http://${server.target}`)).stdout.trim()).toBe('test.v1.TestService');
  });

  /** Asks one question of each, in one stream, and gives the answers and the status at the end. */
  const ask = (version: string, requests: readonly Buffer[]) => {
    const same = (bytes: Buffer) => bytes;
    const stream = client.makeBidiStreamRequest(`/grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`, same, same);
    const answers: ServerReflectionResponse[] = [];
    requests.forEach((request) => stream.write(request));
    stream.end();
    return new Promise<{ answers: typeof answers; code: number }>((resolve) => {
      stream
        .on('data', (bytes: Buffer) => answers.push(fromBinary(ServerReflectionResponseSchema, bytes)))
        .on('error', () => {})
        .on('status', ({ code }) => resolve({ answers, code }));
    });
  };
  const toRequest = (messageRequest: ServerReflectionRequest['messageRequest']) =>
    Buffer.from(toBinary(ServerReflectionRequestSchema, create(ServerReflectionRequestSchema, { messageRequest })));
  const inSet = (bytes: Uint8Array) => Buffer.from(descriptorSet).includes(Buffer.from(bytes));

  it.each(['v1', 'v1alpha'])('%s gives files byte for byte as they were built, with all they import', async (version) => {
    const { answers } = await ask(version, [
      toRequest({ case: 'fileByFilename', value: 'test/v1/test.proto' }),
      toRequest({ case: 'fileContainingSymbol', value: 'test.v1.TestService' }),
      toRequest({ case: 'fileContainingSymbol', value: 'test.v1.TestService.Act' }),
      toRequest({ case: 'fileContainingSymbol', value: 'test.v1.Part.text' }),
    ]);
    expect(answers).toHaveLength(4);
    for (const { messageResponse } of answers) {
      if (messageResponse.case !== 'fileDescriptorResponse') throw new Error(`got ${messageResponse.case}`);
      const files = messageResponse.value.fileDescriptorProto;
      expect(files.map((bytes) => fromBinary(FileDescriptorProtoSchema, bytes).name)).toEqual(
        expect.arrayContaining(['test/v1/test.proto', 'buf/validate/validate.proto', 'google/protobuf/descriptor.proto']),
      );
      expect(files.every(inSet)).toBe(true);
    }
  });

  it('finds extensions, and says what it does not find', async () => {
    const containingType = 'google.protobuf.FieldOptions';
    const { answers, code } = await ask('v1', [
      toRequest({ case: 'allExtensionNumbersOfType', value: containingType }),
      toRequest({ case: 'fileContainingExtension', value: create(ExtensionRequestSchema, { containingType, extensionNumber: 1159 }) }),
      toRequest({ case: 'fileContainingExtension', value: create(ExtensionRequestSchema, { containingType, extensionNumber: 7 }) }),
      toRequest({ case: 'fileByFilename', value: '/etc/passwd' }),
      toRequest({ case: 'fileContainingSymbol', value: 'test.v1.Nothing' }),
      toRequest({ case: 'fileContainingSymbol', value: '' }),
      Buffer.alloc(0),
    ]);
    expect(answers.map(({ messageResponse }) => messageResponse.case)).toEqual([
      'allExtensionNumbersResponse',
      'fileDescriptorResponse',
      ...Array.from({ length: 5 }, () => 'errorResponse'),
    ]);
    expect(answers[0]!.messageResponse.value).toMatchObject({
      baseTypeName: containingType,
      extensionNumber: expect.arrayContaining([1159, 1160, 50301, 50302]),
    });
    expect(code).toBe(0);
  });

  it('survives what it cannot read, also twice', async () => {
    const noise = Buffer.from([0xff, 0xff]);
    expect((await ask('v1', [noise, noise, toRequest({ case: 'listServices', value: '' })])).code).toBe(3);
    expect((await ask('v1', [toRequest({ case: 'listServices', value: '' })])).answers).toHaveLength(1);
  });

  it('is on by default on loopback alone', async () => {
    const status = async (host: string, reflection?: boolean) => {
      const other = createRpcServer({
        services: [bindService(TestServiceDefinition, { act, look: act })],
        descriptorSets: [descriptorSet],
        access: openAccess,
        reflection,
      });
      const port = await other.listen(host, 0);
      client.close();
      client = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
      const { code } = await ask('v1', [toRequest({ case: 'listServices', value: '' })]);
      await other.drain(500);
      return code;
    };
    expect(await status('127.0.0.1')).toBe(0);
    expect(await status('0.0.0.0')).toBe(12);
    expect(await status('0.0.0.0', true)).toBe(0);
    expect(await status('127.0.0.1', false)).toBe(12);
  });

  it('keeps no drain waiting', async () => {
    const same = (bytes: Buffer) => bytes;
    const stream = client.makeBidiStreamRequest('/grpc.reflection.v1.ServerReflection/ServerReflectionInfo', same, same);
    const ended = new Promise<number>((resolve) =>
      stream
        .on('data', () => {})
        .on('error', () => {})
        .on('status', ({ code }) => resolve(code)),
    );
    await new Promise((resolve) => {
      stream.once('data', resolve);
      stream.write(toRequest({ case: 'listServices', value: '' }));
    });
    const start = Date.now();
    await server.server.drain(5_000);
    expect(await ended).toBe(0);
    expect(Date.now() - start).toBeLessThan(1_000);
  });
});
