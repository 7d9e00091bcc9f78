import type { User } from '@gatehouse/contracts/user';
import { createChannel } from '@gatehouse/rpc';
import { adminId, administratorsPermissions, startUser, type UserUnderTest, verdictOf } from './user-under-test';

let user: UserUnderTest;
let admin: Awaited<ReturnType<UserUnderTest['asPerson']>>;
let ada: User;
beforeAll(async () => {
  user = await startUser();
  admin = await user.asPerson(adminId, administratorsPermissions);
  ada = await admin.createUser({ email: 'ada@example.com' });
});
afterAll(() => user.close());

const refused = 'INVALID_ARGUMENT VALIDATION_FAILED user.ownMetadata';
const change = (ownMetadata: Record<string, unknown>) => admin.updateUser({ user: { id: ada.id, ownMetadata }, updateMask: ['own_metadata'] });
/** An object of so many levels. */
const nested = (levels: number): Record<string, unknown> => (levels === 1 ? {} : { a: nested(levels - 1) });
/** An object of so many bytes as JSON. */
const ofBytes = (bytes: number) => ({ a: 'x'.repeat(bytes - '{"a":""}'.length) });

const varint = (value: number): number[] => (value < 128 ? [value] : [(value & 127) | 128, ...varint(value >>> 7)]);
/** A field of a message, as its bytes. */
const field = (number: number, content: Uint8Array | string): Buffer => {
  const bytes = Buffer.from(content);
  return Buffer.concat([Buffer.from([...varint((number << 3) | 2), ...varint(bytes.length)]), bytes]);
};
/** A Struct with one key, around the bytes of a Value. */
const struct = (key: string, value: Buffer) => field(1, Buffer.concat([field(1, key), field(2, value)]));
/** A Struct whose Value is a Struct, and so on: each is the head of the next, so that their bytes are put together once. */
function structs(levels: number): Buffer {
  const parts = [field(3, 'x')];
  let length = parts[0]!.length;
  const begin = (head: Buffer) => {
    parts.push(head);
    length += head.length;
  };
  const head = (number: number) => Buffer.from([...varint((number << 3) | 2), ...varint(length)]);
  for (let level = 1; level <= levels; level++) {
    if (level > 1) begin(head(5));
    begin(head(2));
    begin(field(1, 'a'));
    begin(head(1));
  }
  return Buffer.concat(parts.reverse());
}

/** Sends an UpdateUser as a foreign client might: its own_metadata is these bytes of a Struct. */
async function sendBytes(ownMetadata: Buffer): Promise<string> {
  const channel = createChannel({ target: user.target, descriptorSets: [] });
  const authorization = `Bearer ${await user.issuer.accessToken({ id: adminId, permissions: administratorsPermissions })}`;
  const request = Buffer.concat([field(1, Buffer.concat([field(1, ada.id), field(20, ownMetadata)])), field(2, field(1, 'own_metadata'))]);
  const service = 'gatehouse.user.v1.UserService';
  return verdictOf(channel.unary({ path: `${service}/UpdateUser`, service, name: 'UpdateUser' }, request, { metadata: { authorization } })).finally(() =>
    channel.close(),
  );
}

describe('metadata', () => {
  it('is kept as it is given, whatever JSON it is', async () => {
    const metadata = {
      text: 'ä "\\ \u2028',
      number: -1.5e-7,
      yes: true,
      nothing: null,
      list: [1, 'a', [], {}, [null]],
      '': '',
      'a.b': { $c: 'd' },
      constructor: 1,
    };
    const changed = await admin.updateUser({ user: { id: ada.id, publicMetadata: metadata, privateMetadata: metadata, ownMetadata: metadata } });
    expect(changed).toMatchObject({ publicMetadata: metadata, privateMetadata: metadata, ownMetadata: metadata });
    expect(await admin.getUser({ id: ada.id })).toEqual(changed);
    // the same, in another order
    const again = await admin.updateUser({ user: { id: ada.id, ownMetadata: Object.fromEntries(Object.entries(metadata).reverse()) } });
    expect(again.etag).toBe(changed.etag);
    expect((await change({})).ownMetadata).toBeUndefined();
  });

  it('has at most 16 KiB as JSON, and 16 levels', async () => {
    expect(await verdictOf(change(ofBytes(16 * 1024)))).toBe('OK');
    expect(await verdictOf(change(nested(16)))).toBe('OK');
    const kept = await admin.getUser({ id: ada.id });
    // what is deeper than a message may be, no service reads
    expect(await verdictOf(change(nested(50)))).toBe('INVALID_ARGUMENT REQUEST_UNREADABLE');
    for (const tooMuch of [ofBytes(16 * 1024 + 1), { a: 'ä'.repeat(8 * 1024) }, ofBytes(1_000_000), nested(17), nested(25)])
      expect(await verdictOf(change(tooMuch))).toBe(refused);
    for (const name of ['publicMetadata', 'privateMetadata', 'ownMetadata'])
      expect(await verdictOf(admin.createUser({ email: 'large@example.com', [name]: nested(17) }))).toBe(`INVALID_ARGUMENT VALIDATION_FAILED ${name}`);
    expect(await admin.getUser({ id: ada.id })).toEqual(kept);
  });

  it('says what is wrong with it', async () => {
    const violationsOf = (metadata: Record<string, unknown>) =>
      change(metadata).then(
        () => [],
        ({ violations }) => violations,
      );
    expect(await violationsOf(ofBytes(20_000))).toEqual([
      { field: 'user.ownMetadata', description: 'must not have more than 16384 bytes as JSON, and has 20000', reason: 'metadata.size' },
    ]);
    expect(await violationsOf(nested(17))).toEqual([
      { field: 'user.ownMetadata', description: 'must not be nested more than 16 levels deep', reason: 'metadata.levels' },
    ]);
    expect(await violationsOf({ a: [Infinity] })).toEqual([
      { field: 'user.ownMetadata', description: 'must not have a number that JSON has not, such as NaN', reason: 'metadata.number' },
    ]);
  });

  it('has no NUL, neither in a value nor in a key', async () => {
    for (const metadata of [{ a: 'x\0y' }, { 'x\0y': 1 }, { a: [{ b: '\0' }] }])
      expect(await verdictOf(change(metadata))).toMatch(/^INVALID_ARGUMENT VALIDATION_FAILED user\.ownMetadata/);
  });

  it.each([1_000, 5_000])('nested %i levels deep stops nobody', async (levels) => {
    expect(await sendBytes(structs(levels))).toMatch(/^INVALID_ARGUMENT (REQUEST_UNREADABLE|VALIDATION_FAILED)/);
    expect(await verdictOf(admin.getUser({ id: ada.id }))).toBe('OK');
  });

  it('has no key that JavaScript takes for another thing', async () => {
    for (const value of [field(3, 'text'), field(5, struct('isAdministrator', field(3, 'yes'))), field(6, Buffer.alloc(0))])
      for (const metadata of [struct('__proto__', value), struct('a', field(5, struct('__proto__', value)))])
        expect(await sendBytes(metadata)).toMatch(/^INVALID_ARGUMENT VALIDATION_FAILED user\.ownMetadata.*__proto__/);
    expect(({} as Record<string, unknown>)['isAdministrator']).toBeUndefined();
  });
});
