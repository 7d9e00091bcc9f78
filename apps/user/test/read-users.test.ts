import { descriptorSet, type User } from '@gatehouse/contracts/user';
import { createChannel } from '@gatehouse/rpc';
import { randomUUID } from 'node:crypto';
import { startUser, type UserUnderTest, verdictOf } from './user-under-test';

let user: UserUnderTest;
let ada: User;
beforeAll(async () => {
  user = await startUser();
  ada = await (await user.asAdmin()).createUser({ email: 'ada@example.com', displayName: 'Ada' });
});
afterAll(() => user.close());

describe('GetUser', () => {
  it('gives a person to themselves, by id and as me', async () => {
    const self = await user.asPerson(ada.id);
    expect(await self.getUser({ id: 'me' })).toEqual(ada);
    expect(await self.getUser({ id: ada.id })).toEqual(ada);
    expect(await self.getUser({ id: ada.id.toUpperCase() })).toEqual(ada);
  });

  it('tells a stranger nothing, neither that a person exists nor that an id is ill-formed', async () => {
    const stranger = await user.asPerson(randomUUID());
    for (const id of [ada.id, randomUUID(), 'no uuid', '']) expect(await verdictOf(stranger.getUser({ id }))).toBe('PERMISSION_DENIED PERMISSION_DENIED');
  });

  it('is not deceived by bytes that could name two people', async () => {
    const stranger = randomUUID();
    const channel = createChannel({ target: user.target, descriptorSets: [descriptorSet] });
    const authorization = `Bearer ${await user.issuer.accessToken({ id: stranger })}`;
    const ask = (bytes: Buffer) =>
      channel.unary({ path: 'gatehouse.user.v1.UserService/GetUser', service: 'gatehouse.user.v1.UserService', name: 'GetUser' }, bytes, {
        metadata: { authorization },
      });
    // the id of another, then the same field once more with the tag of a number, and a field that is not known
    const asNumber = Buffer.concat([Buffer.from([0x0a, 36]), Buffer.from(ada.id), Buffer.from([0x08, 2]), Buffer.from('me'), Buffer.from([0xf8, 0x01, 0x00])]);
    const verdict = await verdictOf(ask(asNumber));
    channel.close();
    expect(verdict).toBe('NOT_FOUND USER_NOT_FOUND');
  });

  it('tells an administrator what is wrong', async () => {
    const admin = await user.asAdmin();
    expect(await verdictOf(admin.getUser({ id: randomUUID() }))).toBe('NOT_FOUND USER_NOT_FOUND');
    expect(await verdictOf(admin.getUser({ id: 'no uuid' }))).toBe('INVALID_ARGUMENT VALIDATION_FAILED id');
    expect(await verdictOf(admin.getUser({ id: 'me' }))).toBe('NOT_FOUND USER_NOT_FOUND');
  });
});

describe('ListUsers', () => {
  it('gives everyone once, page by page, though people come in between', async () => {
    const admin = await user.asAdmin();
    const made = [ada.id];
    for (let index = 0; index < 6; index++) made.push((await admin.createUser({ email: `page-${index}@example.com` })).id);
    const seen: string[] = [];
    let pageToken = '';
    do {
      const page = await admin.listUsers({ pageSize: 3, pageToken });
      expect(page.users.length).toBeLessThanOrEqual(3);
      seen.push(...page.users.map(({ id }) => id));
      if (seen.length === 3) made.push((await admin.createUser({ email: 'late@example.com' })).id);
      pageToken = page.nextPageToken;
    } while (pageToken);
    expect(seen).toEqual([...made].sort());
  });

  it('is for administrators, and for auth', async () => {
    expect(await verdictOf((await user.asService()).listUsers({}))).toBe('OK');
    expect(await verdictOf((await user.asService('gateway')).listUsers({}))).toBe('PERMISSION_DENIED PERMISSION_DENIED');
    expect(await verdictOf(user.as().listUsers({}))).toBe('UNAUTHENTICATED TOKEN_MISSING');
    expect(await verdictOf((await user.asPerson(ada.id)).listUsers({}))).toBe('PERMISSION_DENIED PERMISSION_DENIED');
  });
});
