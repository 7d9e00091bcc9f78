import { fromBinary, type JsonObject, type Message, create } from '@bufbuild/protobuf';
import { createFileRegistry } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { reflect } from '@bufbuild/protobuf/reflect';
import { createDatabase, type Database } from '@gatehouse/postgres';
import { createTestDatabase, type TestDatabase } from '@gatehouse/postgres/testing';
import { randomBytes, randomUUID } from 'node:crypto';
import { createIdempotency, createWrites, idempotencyMigrations } from '../src';
import { descriptorSet } from './gen/descriptor-set';
import { MakeRequest, ThingServiceDefinition } from './gen/test/writes/v1/writes';

interface Call {
  readonly principal: string;
  readonly message: Message;
}
const schema = createFileRegistry(fromBinary(FileDescriptorSetSchema, descriptorSet)).getMessage('test.writes.v1.MakeRequest')!;
const id = '018F0000-0000-7000-8000-00000000000A';

let testDatabase: TestDatabase;
let database: Database;
beforeAll(async () => {
  testDatabase = await createTestDatabase([
    { name: 'thing', migrations: [{ name: '0001_create_things', sql: 'create table things (name text)' }] },
    idempotencyMigrations,
  ]);
  database = createDatabase({ url: testDatabase.url, applicationName: 'test' });
});
afterAll(async () => {
  await database.close();
  await testDatabase.drop();
});

const toWrite = () =>
  createWrites({
    database,
    idempotency: createIdempotency({ secret: randomBytes(32) }),
    definition: ThingServiceDefinition,
    descriptorSet,
    toPrincipal: (call: Call) => call.principal,
  });
let made = 0;
let make: (request: MakeRequest, call: Call) => Promise<unknown>;
beforeEach(() => {
  made = 0;
  make = toWrite()('make', async ({ name }, _call, tx) => {
    made++;
    await tx.query({ name: 'insert-thing', text: 'insert into things values ($1)', values: [name] });
    return { name: `${name} ${made}`, parts: [] };
  });
});
/** What a server makes of a request's bytes. */
const send = (bytes: Uint8Array, principal = 'user:ada') => make(MakeRequest.decode(bytes), { principal, message: fromBinary(schema, bytes) });
const sendAs = (request: Parameters<typeof MakeRequest.fromPartial>[0], principal?: string) =>
  send(MakeRequest.encode(MakeRequest.fromPartial(request)).finish(), principal);
const part = (text: string) => ({ id: '', text, counts: {} });

describe('a write', () => {
  it('is done once for a request_id, and answered the same each time', async () => {
    const request = { name: 'once', requestId: randomUUID() };
    expect(await sendAs(request)).toEqual({ name: 'once 1', parts: [] });
    expect(await sendAs(request)).toEqual({ name: 'once 1', parts: [] });
    expect(made).toBe(1);
  });

  it('is another one for another caller, and each time without a request_id', async () => {
    const request = { name: 'each', requestId: randomUUID() };
    await sendAs(request);
    expect(await sendAs(request, 'user:bob')).toEqual({ name: 'each 2', parts: [] });
    expect(await sendAs({ name: 'each' })).toEqual({ name: 'each 3', parts: [] });
    expect(await sendAs({ name: 'each' }, '')).toEqual({ name: 'each 4', parts: [] });
  });

  it('is not kept for a caller whom nobody knows', async () => {
    await expect(sendAs({ name: 'nobody', requestId: randomUUID() }, '')).rejects.toThrow('does not know this one');
    expect(made).toBe(0);
  });

  it('leaves nothing when it fails, and may be done then', async () => {
    const failing = toWrite()('make', async ({ name }, _call, tx) => {
      await tx.query({ name: 'insert-thing', text: 'insert into things values ($1)', values: [name] });
      throw new Error('no luck');
    });
    const bytes = MakeRequest.encode(MakeRequest.fromPartial({ name: 'failed', requestId: randomUUID() })).finish();
    await expect(failing(MakeRequest.decode(bytes), { principal: 'user:ada', message: fromBinary(schema, bytes) })).rejects.toThrow('no luck');
    expect(await database.query({ name: 'find-things', text: 'select from things where name = $1', values: ['failed'] })).toEqual([]);
    expect(await send(bytes)).toEqual({ name: 'failed 1', parts: [] });
  });
});

describe('a request is the same one', () => {
  const isSame = async (one: Uint8Array, other: Uint8Array) => {
    await send(one);
    return send(other).then(
      () => true,
      ({ reason }) => (expect(reason).toBe('REQUEST_ID_REUSED'), false),
    );
  };
  const encode = (request: Parameters<typeof MakeRequest.fromPartial>[0]) => MakeRequest.encode(MakeRequest.fromPartial(request)).finish();

  it('whatever the order of its maps, also further in', async () => {
    const requestId = randomUUID();
    const inner = (text: string, counts: Record<number, string>) => ({ ...part(text), counts });
    expect(
      await isSame(
        encode({ requestId, parts: { a: part('1'), b: inner('2', { 1: 'x', [-2]: 'y' }) } }),
        encode({ requestId, parts: { b: inner('2', { [-2]: 'y', 1: 'x' }), a: part('1') } }),
      ),
    ).toBe(true);
  });

  it('whatever the order of a struct’s fields', async () => {
    const requestId = randomUUID();
    const toBytes = (settings: JsonObject) => encode({ requestId, settings });
    expect(await isSame(toBytes({ a: { x: 1, y: [true, { p: 1, q: 2 }] }, b: null }), toBytes({ b: null, a: { y: [true, { q: 2, p: 1 }], x: 1 } }))).toBe(true);
  });

  it('whatever the order of its fields, and what the contract does not know of it', async () => {
    const requestId = randomUUID();
    const [name, key] = [encode({ name: 'x' }), encode({ requestId })];
    const unknown = Buffer.from([0xf8, 0x07, 1]); // field 127
    expect(await isSame(Buffer.concat([name, key]), Buffer.concat([unknown, key, name]))).toBe(true);
  });

  it.each([
    ['a name in another case', { name: id }, { name: id.toLowerCase() }],
    ['another order of a list', { tags: ['a', 'b'] }, { tags: ['b', 'a'] }],
    ['another value of a map', { parts: { a: part('1') } }, { parts: { a: part('2') } }],
    ['one field more', {}, { ownerId: id }],
  ])('but for %s', async (_what, one, other) => {
    const requestId = randomUUID();
    expect(await isSame(encode({ ...one, requestId }), encode({ ...other, requestId }))).toBe(false);
  });

  it('and stays as it was sent', async () => {
    const message = create(schema);
    const view = reflect(schema, message);
    view.set(
      view.fields.find(({ name }) => name === 'owner_id')!,
      id,
    );
    await make(MakeRequest.fromPartial({ requestId: randomUUID() }), { principal: 'user:ada', message });
    expect(message).toMatchObject({ ownerId: id });
  });
});

describe('a method cannot be written with', () => {
  const write = toWrite();
  const never = () => Promise.reject(new Error('it was called'));

  it('whose answer holds a secret, however far in', () => {
    expect(() => write('reveal', never)).toThrow('test.writes.v1.ThingService/Reveal answers with secrets.value, which must not be stored');
  });

  it('whose answer may hold anything', () => {
    expect(() => write('wrap', never)).toThrow('any');
  });

  it('that has no request_id, or a stream of requests: it does not compile', () => {
    // @ts-expect-error: its request has no request_id
    expect(() => write('read', never)).toThrow('has no request_id');
    // @ts-expect-error: it has a stream of requests
    expect(() => write('gather', never)).not.toThrow();
  });

  it('of a service that the contract does not have', () => {
    expect(() =>
      createWrites({
        database,
        idempotency: createIdempotency({ secret: randomBytes(32) }),
        definition: { fullName: 'other.v1.Service', methods: {} },
        descriptorSet,
        toPrincipal: () => '',
      }),
    ).toThrow('other.v1.Service');
  });
});
