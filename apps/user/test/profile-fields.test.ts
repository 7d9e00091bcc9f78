import type { User } from '@gatehouse/contracts/user';
import { randomUUID } from 'node:crypto';
import { adminId, administratorsPermissions, startUser, type UserUnderTest, verdictOf } from './user-under-test';

let user: UserUnderTest;
let admin: Awaited<ReturnType<UserUnderTest['asPerson']>>;
let ada: User;
let count = 0;
beforeAll(async () => {
  user = await startUser();
  admin = await user.asPerson(adminId, administratorsPermissions);
});
beforeEach(async () => (ada = await admin.createUser({ email: `ada-${count++}@example.com` })));
afterAll(() => user.close());

const externalIds = (number: number) => Array.from({ length: number }, (_, index) => ({ provider: `p${index}`, id: 'x' }));
const long = (length: number) => 'x'.repeat(length);

const good: Readonly<Record<string, readonly unknown[]>> = {
  emailVerified: [true],
  phone: ['+4930123456', '+1234567', '+123456789012345'],
  username: ['a', 'Ada.Lovelace-1_2', '9', long(64)],
  displayName: [long(200)],
  givenName: [long(100), 'Ада'],
  familyName: [long(100), "O'Neill"],
  locale: ['de', 'de-AT', 'zh-Hant-TW', 'sr-Latn-RS'],
  timeZone: ['UTC', 'Europe/Vienna', 'America/Argentina/Buenos_Aires', 'Etc/GMT+5'],
  pictureUrl: ['https://example.com/a.png', `https://example.com/${long(2_028)}`],
  externalIds: [externalIds(20), [{ provider: long(200), id: long(255) }], [{ provider: 'https://idp.example/realms/a', id: ' ä ' }]],
};
const bad: Readonly<Record<string, readonly unknown[]>> = {
  email: ['ada', 'a b@example.com', `${long(250)}@example.com`],
  phone: ['030123456', '+0123456789', '+123456', '+1234567890123456', '+49 30 123456', '+49\u0663012345'],
  username: ['-a', 'a-', '.', 'a b', 'ä', 'a@b', long(65), 'a\0b'],
  displayName: [long(201), 'a\u202eb', 'a\nb'],
  givenName: [long(101)],
  familyName: [long(101)],
  locale: ['d', 'german', 'de_AT', 'de-', 'de-a-a-', 'en-x', `de-${long(40)}`, 'de-1994-1994'],
  timeZone: ['Europe/Nowhere', '+01:00', '../etc/passwd', 'Europe/', long(65)],
  pictureUrl: ['http://example.com/a.png', 'javascript:alert(1)', 'https://', `https://example.com/${long(2_029)}`, 'https://a b'],
  externalIds: [
    externalIds(21),
    [{ provider: '', id: 'x' }],
    [{ provider: 'a b', id: 'x' }],
    [{ provider: long(201), id: 'x' }],
    [{ provider: 'p', id: '' }],
    [{ provider: 'p', id: long(256) }],
    [{ provider: 'p', id: 'a\0b' }],
    [
      { provider: 'p', id: '1' },
      { provider: 'p', id: '2' },
    ],
  ],
};
const rows = (values: Readonly<Record<string, readonly unknown[]>>) =>
  Object.entries(values).flatMap(([field, each]) => each.map((value) => [field, value] as const));
const toPath = (field: string) => field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

describe('the fields of a person', () => {
  it.each(rows(good))('%s may be %j', async (field, value) => {
    const expected = field === 'externalIds' ? expect.arrayContaining(value as unknown[]) : value;
    const made = await admin.createUser({ email: `${randomUUID()}@example.com`, [field]: value });
    expect(made).toMatchObject({ [field]: expected });
    expect(await admin.getUser({ id: made.id })).toEqual(made);
    // emptied, and given back
    const emptied = await admin.updateUser({ user: { id: made.id }, updateMask: [toPath(field)] });
    expect(emptied).toMatchObject({ [field]: ada[field as keyof User] });
    expect(await admin.updateUser({ user: { id: made.id, [field]: value } })).toMatchObject({ [field]: expected });
    await admin.updateUser({ user: { id: made.id }, updateMask: [toPath(field)] });
  });

  it.each(rows(bad))('%s may not be %j', async (field, value) => {
    const fault = new RegExp(`^INVALID_ARGUMENT VALIDATION_FAILED (user\\.)?${field}`);
    expect(await verdictOf(admin.createUser({ email: `${randomUUID()}@example.com`, [field]: value }))).toMatch(fault);
    expect(await verdictOf(admin.updateUser({ user: { id: ada.id, [field]: value } }))).toMatch(fault);
    expect(await admin.getUser({ id: ada.id })).toEqual(ada);
  });

  it('names take their one form, and what is given to the letter stays so', async () => {
    const made = await admin.createUser({
      email: `Form-${count}@EXAMPLE.com`,
      givenName: ' A\u0308da\u00a0 ',
      familyName: 'King  Lovelace',
      username: 'Ada.L',
      externalIds: [
        { provider: 'z', id: 'A' },
        { provider: 'B', id: 'b' },
      ],
    });
    expect(made).toMatchObject({ email: `Form-${count}@example.com`, givenName: '\u00c4da', familyName: 'King Lovelace', username: 'Ada.L' });
    expect(made.externalIds.map(({ provider }) => provider)).toEqual(['B', 'z']);
  });

  it('a new email is not verified, unless that is said with it', async () => {
    const change = (changes: Partial<User>, ...updateMask: string[]) => admin.updateUser({ user: { id: ada.id, ...changes }, updateMask });
    expect(await change({ emailVerified: true }, 'email_verified')).toMatchObject({ emailVerified: true });
    expect(await change({ email: ada.email }, 'email')).toMatchObject({ emailVerified: true });
    expect(await change({ email: `new-${ada.email}` }, 'email')).toMatchObject({ emailVerified: false });
    expect(await change({ email: `newer-${ada.email}`, emailVerified: true }, 'email', 'email_verified')).toMatchObject({ emailVerified: true });
  });
});

describe('a mask', () => {
  const full = (email: string) => ({
    email,
    emailVerified: true,
    phone: '+4930123456',
    username: `u${randomUUID()}`,
    displayName: 'Ada',
    givenName: 'Augusta Ada',
    familyName: 'King',
    locale: 'en-GB',
    timeZone: 'Europe/London',
    pictureUrl: 'https://example.com/ada.png',
    publicMetadata: { a: 1 },
    privateMetadata: { b: 2 },
    ownMetadata: { c: 3 },
    externalIds: [{ provider: 'okta', id: randomUUID() }],
  });

  it('changes the one field that it names', async () => {
    const wanted = full(`full-${ada.email}`);
    let before = ada;
    for (const [field, value] of Object.entries(wanted)) {
      const after = await admin.updateUser({ user: { id: ada.id, ...wanted }, updateMask: [toPath(field)] });
      expect(after).toEqual({ ...before, [field]: value, updateTime: after.updateTime, etag: after.etag });
      expect(after.etag).not.toBe(before.etag);
      before = after;
    }
  });

  it('"*" changes all that can be changed, so that what is read can be written back', async () => {
    const wanted = full(ada.email);
    const after = await admin.updateUser({ user: { ...wanted, id: ada.id, roleIds: ['admin'], status: 3 }, updateMask: ['*'] });
    expect(after).toMatchObject({ ...wanted, roleIds: ['member'], status: ada.status, createTime: ada.createTime });
    expect(await admin.updateUser({ user: after, updateMask: ['*'] })).toEqual(after);
    const emptied = await admin.updateUser({ user: { id: ada.id, email: ada.email }, updateMask: ['*'] });
    expect(emptied).toEqual({ ...ada, updateTime: emptied.updateTime, etag: emptied.etag });
  });

  it('passes over what only the service sets', async () => {
    const output = ['id', 'status', 'roles', 'role_ids', 'create_time', 'update_time', 'delete_time', 'purge_time', 'last_seen_time', 'etag'];
    const changes = {
      roleIds: ['admin'],
      roles: [2],
      status: 2,
      createTime: new Date(0),
      deleteTime: new Date(0),
      purgeTime: new Date(0),
      lastSeenTime: new Date(0),
    };
    for (const updateMask of [output, ...output.map((path) => [path])])
      expect(await admin.updateUser({ user: { id: ada.id, ...changes }, updateMask })).toEqual(ada);
    expect(await admin.updateUser({ user: { id: ada.id, ...changes } })).toEqual(ada);
  });

  it('has paths of a person alone, and not too many', async () => {
    for (const updateMask of [
      ['nothing'],
      ['display_name', 'user.email'],
      ['revision'],
      ['import_id'],
      ['public_metadata.a'],
      ['external_ids.provider'],
      ['**'],
    ])
      expect(await verdictOf(admin.updateUser({ user: { id: ada.id }, updateMask }))).toBe('INVALID_ARGUMENT VALIDATION_FAILED updateMask');
  });
});

describe('what names a person', () => {
  it('belongs to one person, in whatever case an email or a username is written', async () => {
    const named = { username: `Owner-${count}`, externalIds: [{ provider: 'okta', id: `Owner-${count}` }] };
    const owner = await admin.createUser({ email: `owner-${count}@example.com`, ...named });
    const taken = [
      [{ email: owner.email.toUpperCase() }, 'EMAIL_TAKEN'],
      [{ username: named.username.toUpperCase() }, 'USERNAME_TAKEN'],
      [{ externalIds: named.externalIds }, 'EXTERNAL_ID_TAKEN'],
    ] as const;
    for (const [changes, reason] of taken) {
      expect(await verdictOf(admin.createUser({ email: `else-${count}@example.com`, ...changes }))).toBe(`ALREADY_EXISTS ${reason}`);
      expect(await verdictOf(admin.updateUser({ user: { id: ada.id, ...changes } }))).toBe(`ALREADY_EXISTS ${reason}`);
    }
    expect(await admin.getUser({ id: ada.id })).toEqual(ada);
    // to the letter, and at its provider
    const near = [
      { provider: 'okta', id: named.username.toLowerCase() },
      { provider: 'Okta', id: named.username },
    ];
    expect(await admin.updateUser({ user: { id: ada.id, externalIds: near } })).toMatchObject({ externalIds: [near[1], near[0]] });
    expect(await admin.getUserByExternalId({ provider: 'okta', id: named.username })).toEqual(owner);
    expect((await admin.getUserByExternalId({ provider: 'Okta', id: named.username })).id).toBe(ada.id);
  });

  it('is free again once it is given up, and never has two owners though many ask at once', async () => {
    const bob = await admin.createUser({ email: `bob-${count}@example.com` });
    const externalIds = [{ provider: 'github', id: `octocat-${count}` }];
    const [owners, mask] = [[ada.id, bob.id], { updateMask: ['external_ids'] }];
    const ownersNow = () =>
      Promise.all(owners.map(async (id) => (await admin.getUser({ id })).externalIds.length)).then((each) => each.reduce((sum, one) => sum + one));
    await admin.updateUser({ user: { id: ada.id, externalIds }, ...mask });
    expect(await verdictOf(admin.updateUser({ user: { id: bob.id, externalIds }, ...mask }))).toBe('ALREADY_EXISTS EXTERNAL_ID_TAKEN');
    for (let round = 0; round < 10; round++) {
      const [giver, taker] = round % 2 ? owners.toReversed() : owners;
      const [gave, took] = await Promise.all([
        verdictOf(admin.updateUser({ user: { id: giver!, externalIds: [] }, ...mask })),
        verdictOf(admin.updateUser({ user: { id: taker!, externalIds }, ...mask })),
      ]);
      expect(gave).toBe('OK');
      expect(['OK', 'ALREADY_EXISTS EXTERNAL_ID_TAKEN']).toContain(took);
      expect(await ownersNow()).toBe(took === 'OK' ? 1 : 0);
      await admin.updateUser({ user: { id: taker!, externalIds }, ...mask });
    }
  });
});
