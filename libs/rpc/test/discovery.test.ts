import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { Client, credentials, type ClientReadableStream } from '@grpc/grpc-js';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { HealthCheckRequestSchema, HealthCheckResponse_ServingStatus as Serving, HealthCheckResponseSchema } from '../src/gen/grpc/health/v1/health_pb';
import { startTestServer, type TestServer } from '../src/testing';
import { descriptorSet } from './gen/descriptor-set';
import { TestServiceDefinition } from './gen/test/v1/test';

const run = promisify(execFile);
const act = async () => ({ result: 'found' });
let server: TestServer;
let client: Client;

beforeEach(async () => {
  const closed = () => Promise.reject(new Error('health and reflection ask for no token'));
  server = await startTestServer(TestServiceDefinition, { act, look: act }, { descriptorSets: [descriptorSet], access: () => ({ authenticate: closed, authorize: closed }) });
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

  it('tells a watcher of each change', async () => {
    const stream: ClientReadableStream<Serving> = client.makeServerStreamRequest('/grpc.health.v1.Health/Watch', encode, decode, '');
    const seen: Serving[] = [];
    const ended = new Promise((resolve) => stream.on('data', (status) => seen.push(status)).on('end', resolve).on('error', resolve));
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

  it('lists services and methods to a stranger', async () => {
    const base = `http://${server.target}`;
    expect((await buf('--list-services', base)).stdout.trim()).toBe('test.v1.TestService');
    expect((await buf('--list-methods', base)).stdout).toContain('test.v1.TestService/Act');
  });
});
