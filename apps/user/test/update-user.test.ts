import type { AppError } from '@gatehouse/errors';
import { createFileRegistry, fromBinary } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { descriptorSet, Role, type User, UserStatus } from '@gatehouse/contracts/user';
import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { startUser, type UserUnderTest, verdictOf } from './user-under-test';

let user: UserUnderTest;
let database: Client;
let admin: Awaited<ReturnType<UserUnderTest['asAdmin']>>;
let self: Awaited<ReturnType<UserUnderTest['asPerson']>>;
let ada: User;
let count = 0;
beforeAll(async () => {
  user = await startUser();
  database = new Client({ connectionString: user.databaseUrl });
  await database.connect();
  admin = await user.asAdmin();
});
beforeEach(async () => {
  ada = await admin.createUser({ email: `Ada-${count++}@example.com`, displayName: 'Ada' });
  self = await user.asPerson(ada.id);
});
afterAll(async () => {
  await database.end();
  await user.close();
});

const nobody = '018f0000-0000-7000-8000-000000000000';
const revisionOf = async (id: string): Promise<number> => Number((await database.query('select revision from users where id = $1', [id])).rows[0].revision);

describe('UpdateUser', () => {
  it('lets people change their own name, by id and as me', async () => {
    for (const id of ['me', ada.id, ada.id.toUpperCase()]) {
      const displayName = `Ada, asked as ${id}`;
      expect(await self.updateUser({ user: { id, displayName }, updateMask: ['display_name'] })).toMatchObject({ id: ada.id, email: ada.email, displayName });
      expect(await self.getUser({ id: 'me' })).toMatchObject({ displayName });
    }
  });

  it('lets an administrator change anyone, the email too', async () => {
    const changed = await admin.updateUser({ user: { id: ada.id, email: 'Countess@example.com', displayName: 'Countess' } });
    expect(changed).toMatchObject({ email: 'Countess@example.com', displayName: 'Countess', createTime: ada.createTime });
    expect(await admin.getUser({ id: ada.id })).toEqual(changed);
    const { user: resolved } = await (await user.asService()).resolvePerson({ person: { $case: 'email', value: 'countess@EXAMPLE.com' } });
    expect(resolved).toEqual(changed);
  });

  it('moves etag, revision and time of update with each change, though two fall on one millisecond', async () => {
    await database.query(`update users set update_time = now() + interval '1 minute' where id = $1`, [ada.id]);
    const before = await admin.getUser({ id: ada.id });
    const after = await self.updateUser({ user: { id: 'me', displayName: 'Augusta' } });
    expect(after.updateTime!.getTime()).toBe(before.updateTime!.getTime() + 1);
    expect(after.etag).not.toBe(before.etag);
    expect(await revisionOf(ada.id)).toBe(2);
  });

  it('leaves a suspended person suspended', async () => {
    await database.query(`update users set status = 'suspended' where id = $1`, [ada.id]);
    const changed = await admin.updateUser({
      user: { id: ada.id, displayName: 'Away', status: UserStatus.USER_STATUS_ACTIVE },
      updateMask: ['display_name', 'status'],
    });
    expect(changed).toMatchObject({ displayName: 'Away', status: UserStatus.USER_STATUS_SUSPENDED });
  });

  it('tells whether a person exists only to those who may change them', async () => {
    const stranger = await user.asPerson(randomUUID());
    for (const id of [ada.id, randomUUID(), 'no uuid', ''])
      expect(await verdictOf(stranger.updateUser({ user: { id, email: 'no email' }, updateMask: ['nothing'] }))).toBe('PERMISSION_DENIED PERMISSION_DENIED');
    expect(await verdictOf(stranger.updateUser({}))).toBe('PERMISSION_DENIED PERMISSION_DENIED');
    expect(await verdictOf(user.as().updateUser({ user: { id: ada.id } }))).toBe('UNAUTHENTICATED TOKEN_MISSING');
    expect(await verdictOf((await user.asService('gateway')).updateUser({ user: { id: ada.id } }))).toBe('PERMISSION_DENIED PERMISSION_DENIED');
    expect(await verdictOf(stranger.updateUser({ user: { id: 'me', displayName: 'Nobody' } }))).toBe('NOT_FOUND USER_NOT_FOUND');
    expect(await verdictOf(stranger.updateUser({ user: { id: 'me', email: 'nobody@example.com' } }))).toBe('NOT_FOUND USER_NOT_FOUND');
    expect(await verdictOf(admin.updateUser({ user: { id: randomUUID(), displayName: 'Nobody', etag: '"1"' } }))).toBe('NOT_FOUND USER_NOT_FOUND');
    expect(await verdictOf(admin.updateUser({ user: { id: 'me', displayName: 'Nobody' } }))).toBe('NOT_FOUND USER_NOT_FOUND');
  });

  it.each([
    [{}, 'user'],
    [{ user: { id: '' } }, 'user'],
    [{ user: { id: 'no uuid' } }, 'user'],
    [{ user: { id: nobody, email: 'ada' } }, 'user.email'],
    [{ user: { id: nobody, email: `${'a'.repeat(250)}@example.com` } }, 'user.email'],
    [{ user: { id: nobody, email: '' }, updateMask: ['email'] }, 'user.email'],
    [{ user: { id: nobody, displayName: 'Ada' }, updateMask: ['*'] }, 'user.email'],
    [{ user: { id: nobody, displayName: 'x'.repeat(201) } }, 'user.displayName'],
    [{ user: { id: nobody, displayName: 'a\0b' } }, 'user.displayName'],
    [{ user: { id: nobody, email: 'ada' }, updateMask: ['name'] }, 'user.email updateMask'],
  ])('names the fields at fault in %j', async (request, fields) => {
    expect(await verdictOf(admin.updateUser(request))).toBe(`INVALID_ARGUMENT VALIDATION_FAILED ${fields}`);
  });
});

describe('a request_id', () => {
  it('makes a change once, and gives the same answer though others changed the person since', async () => {
    const request = { user: { id: 'me', displayName: 'First', etag: ada.etag }, updateMask: ['display_name', 'status'], requestId: randomUUID() };
    const first = await self.updateUser(request);
    await self.updateUser({ user: { id: 'me', displayName: 'Second' } });
    expect(await self.updateUser(request)).toEqual(first);
    // a mask is a set
    expect(await self.updateUser({ ...request, updateMask: ['status', 'display_name', 'status'] })).toEqual(first);
    expect(await self.updateUser({ ...request, requestId: request.requestId.toUpperCase() })).toEqual(first);
    expect(await self.getUser({ id: 'me' })).toMatchObject({ displayName: 'Second' });
    expect(await revisionOf(ada.id)).toBe(3);
  });

  it('is refused for another change, and is another one of another caller', async () => {
    const request = { user: { id: ada.id, displayName: 'Keyed' }, requestId: randomUUID() };
    await self.updateUser(request);
    expect(await verdictOf(self.updateUser({ ...request, user: { ...request.user, displayName: 'Other' } }))).toBe('INVALID_ARGUMENT REQUEST_ID_REUSED');
    expect(await self.updateUser({ ...request, user: { ...request.user, id: ada.id.toUpperCase() } })).toMatchObject({ displayName: 'Keyed' });
    expect(await admin.updateUser({ ...request, user: { ...request.user, displayName: 'By an administrator' } })).toMatchObject({
      displayName: 'By an administrator',
    });
    expect(await verdictOf(self.updateUser({ ...request, requestId: 'no uuid' }))).toBe('INVALID_ARGUMENT VALIDATION_FAILED requestId');
  });

  it('of a change that failed may be used again', async () => {
    const request = { user: { id: 'me', displayName: 'Late', etag: '"7"' }, requestId: randomUUID() };
    expect(await verdictOf(self.updateUser(request))).toBe('ABORTED ETAG_MISMATCH');
    expect(await self.updateUser({ ...request, user: { ...request.user, etag: ada.etag } })).toMatchObject({ displayName: 'Late' });
  });
});

describe('the update mask', () => {
  it('changes what it names alone', async () => {
    expect(await admin.updateUser({ user: { id: ada.id, email: 'unnamed@example.com', displayName: 'Named' }, updateMask: ['display_name'] })).toMatchObject({
      email: ada.email,
      displayName: 'Named',
    });
    expect(await admin.updateUser({ user: { id: ada.id }, updateMask: ['display_name'] })).toMatchObject({ email: ada.email, displayName: '' });
  });

  it('of too many fields, or of others than there are, is refused at once, in few words', async () => {
    const violationsOf = async (updateMask: string[]) =>
      (await self.updateUser({ user: { id: 'me', displayName: 'x' }, updateMask }).catch((error: AppError) => error)) as AppError;
    for (const [updateMask, description] of [
      [Array.from({ length: 50_000 }, (_, index) => `field${index}`), 'must not have more than 32 paths'],
      [Array.from({ length: 32 }, (_, index) => `field${index}`), 'must have fields of User alone'],
      [['x'.repeat(5_000)], 'must have fields of User alone'],
    ] as const)
      expect((await violationsOf([...updateMask])).violations).toEqual([{ field: 'updateMask', description, reason: 'update_mask.paths' }]);
  });

  it.each([undefined, []])('is what has a value when it is %j', async (updateMask) => {
    expect(await admin.updateUser({ user: { id: ada.id, displayName: 'Named' }, updateMask })).toMatchObject({ email: ada.email, displayName: 'Named' });
    const email = `only-${ada.email}`;
    expect(await admin.updateUser({ user: { id: ada.id, email }, updateMask })).toMatchObject({ email, displayName: 'Named' });
  });

  it('replaces everything when it is *', async () => {
    const email = `star-${ada.email}`;
    expect(await admin.updateUser({ user: { id: ada.id, email }, updateMask: ['*'] })).toMatchObject({ email, displayName: '' });
    expect(await self.updateUser({ user: { id: 'me', email, displayName: 'Ada' }, updateMask: ['*'] })).toMatchObject({ email, displayName: 'Ada' });
  });

  it('may name every field of a user, of which those that only the service sets stay as they are', async () => {
    const { fields } = createFileRegistry(fromBinary(FileDescriptorSetSchema, descriptorSet)).getMessage('gatehouse.user.v1.User')!;
    const forged = { status: UserStatus.USER_STATUS_SUSPENDED, roles: [Role.ROLE_ADMIN], createTime: new Date(0), updateTime: new Date(0) };
    expect(await admin.updateUser({ user: { ...ada, ...forged }, updateMask: fields.map(({ name }) => name) })).toEqual(ada);
    expect(await admin.updateUser({ user: { ...ada, ...forged } })).toEqual(ada);
  });

  it('is told of paths that no user has', async () => {
    const paths = ['display_name', 'displayName', 'roles.name', '', 'password'];
    const error = await self.updateUser({ user: { id: 'me', displayName: 'Ada' }, updateMask: paths }).catch((thrown) => thrown);
    expect(error).toMatchObject({ code: 'INVALID_ARGUMENT', reason: 'VALIDATION_FAILED' });
    expect(error.violations).toEqual([{ field: 'updateMask', description: 'must have fields of User alone', reason: 'update_mask.paths' }]);
  });

  it('that changes nothing gives the person as they are', async () => {
    for (const updateMask of [['display_name'], ['email', 'display_name'], ['*'], ['status'], []])
      expect(await self.updateUser({ user: ada, updateMask })).toEqual(ada);
    expect(await self.updateUser({ user: { id: 'me' } })).toEqual(ada);
    expect(await revisionOf(ada.id)).toBe(1);
  });
});

describe('an email', () => {
  it('is not changed by the person themselves, who may give it as it is', async () => {
    const error = await self.updateUser({ user: { id: 'me', email: 'mine@example.com', displayName: 'Ada II' } }).catch((thrown) => thrown);
    expect(error).toMatchObject({ code: 'PERMISSION_DENIED', reason: 'EMAIL_CHANGE_NOT_ALLOWED', violations: [{ field: 'user.email' }] });
    expect(await verdictOf(self.updateUser({ user: { id: 'me', email: ada.email.toUpperCase() } }))).toBe(
      'PERMISSION_DENIED EMAIL_CHANGE_NOT_ALLOWED user.email',
    );
    expect(await self.getUser({ id: 'me' })).toEqual(ada);
    expect(await self.updateUser({ user: { id: 'me', email: ada.email, displayName: 'Ada II' } })).toMatchObject({ email: ada.email, displayName: 'Ada II' });
  });

  it('that somebody else has is taken, whatever its case; its own may change case', async () => {
    const grace = await admin.createUser({ email: `grace-${ada.email}` });
    expect(await verdictOf(admin.updateUser({ user: { id: ada.id, email: grace.email.toUpperCase(), displayName: 'Grace' } }))).toBe(
      'ALREADY_EXISTS EMAIL_TAKEN',
    );
    expect(await admin.getUser({ id: ada.id })).toEqual(ada);
    expect(await admin.updateUser({ user: { id: ada.id, email: ada.email.toLowerCase() } })).toMatchObject({ email: ada.email.toLowerCase() });
  });

  it('that two want at once goes to one of them', async () => {
    const others = await Promise.all([1, 2, 3].map((index) => admin.createUser({ email: `${index}-${ada.email}` })));
    const verdicts = await Promise.all(others.map(({ id }) => verdictOf(admin.updateUser({ user: { id, email: `wanted-${ada.email}` } }))));
    expect(verdicts.sort()).toEqual(['ALREADY_EXISTS EMAIL_TAKEN', 'ALREADY_EXISTS EMAIL_TAKEN', 'OK']);
  });
});

describe('an etag', () => {
  it('has to be the current one', async () => {
    const first = await self.updateUser({ user: { id: 'me', displayName: 'First', etag: ada.etag } });
    const error = await self.updateUser({ user: { id: 'me', displayName: 'Second', etag: ada.etag } }).catch((thrown) => thrown);
    expect(error).toMatchObject({ code: 'ABORTED', reason: 'ETAG_MISMATCH', httpStatus: 412 });
    expect(await self.getUser({ id: 'me' })).toEqual(first);
    expect(await self.updateUser({ user: { id: 'me', displayName: 'Second', etag: first.etag } })).toMatchObject({ displayName: 'Second' });
  });

  it.each(['1', '"01"', '" 1"', 'W/"1"', '"0"', '"-1"', '"9999999999999999999"', '*', 'x'])(
    'that was never given, such as %s, is not the current one',
    async (etag) => {
      expect(await verdictOf(self.updateUser({ user: { id: 'me', displayName: 'Other', etag } }))).toBe('ABORTED ETAG_MISMATCH');
      expect(await self.getUser({ id: 'me' })).toEqual(ada);
    },
  );

  it('that is stale is told also where nothing would change, and before an email that is taken or may not change', async () => {
    const grace = await admin.createUser({ email: `grace-${ada.email}` });
    await admin.updateUser({ user: { id: ada.id, displayName: 'Changed' } });
    expect(await verdictOf(self.updateUser({ user: { id: 'me', displayName: 'Changed', etag: ada.etag } }))).toBe('ABORTED ETAG_MISMATCH');
    expect(await verdictOf(self.updateUser({ user: { id: 'me', email: grace.email, etag: ada.etag } }))).toBe('ABORTED ETAG_MISMATCH');
    expect(await verdictOf(admin.updateUser({ user: { id: ada.id, email: grace.email, etag: ada.etag } }))).toBe('ABORTED ETAG_MISMATCH');
  });

  it('lets exactly one of twenty through that change at once', async () => {
    const verdicts = await Promise.all(
      Array.from({ length: 20 }, (_, index) => verdictOf(self.updateUser({ user: { id: 'me', displayName: `Ada ${index}`, etag: ada.etag } }))),
    );
    expect(verdicts.filter((verdict) => verdict === 'OK')).toHaveLength(1);
    expect(verdicts.filter((verdict) => verdict === 'ABORTED ETAG_MISMATCH')).toHaveLength(19);
    expect(await revisionOf(ada.id)).toBe(2);
  });

  it('left out lets all twenty through, and none is lost from the count', async () => {
    const changed = await Promise.all(Array.from({ length: 20 }, (_, index) => self.updateUser({ user: { id: 'me', displayName: `Ada ${index}` } })));
    expect(new Set(changed.map(({ etag }) => etag)).size).toBe(20);
    expect(new Set(changed.map(({ updateTime }) => updateTime!.getTime())).size).toBe(20);
    expect(await revisionOf(ada.id)).toBe(21);
  });
});
