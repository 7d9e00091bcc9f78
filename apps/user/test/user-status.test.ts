import { type User, UserStatus } from '@gatehouse/contracts/user';
import { randomUUID } from 'node:crypto';
import { adminId, administratorsPermissions, startUser, type UserUnderTest, verdictOf } from './user-under-test';

type Client = Awaited<ReturnType<UserUnderTest['asPerson']>>;
const changes = ['deleteUser', 'undeleteUser', 'suspendUser', 'reinstateUser'] as const;
type Change = (typeof changes)[number];

let user: UserUnderTest;
let admin: Client;
let ada: User;
let count = 0;
beforeAll(async () => {
  user = await startUser();
  admin = await user.asPerson(adminId, administratorsPermissions);
});
beforeEach(async () => (ada = await admin.createUser({ email: `ada-${count++}@example.com`, username: `ada-${count}` })));
afterAll(() => user.close());

const statusOf = ({ status }: User) => UserStatus[status].replace('USER_STATUS_', '').toLowerCase();

/** What becomes of somebody, said beside the service: the status, and the one that is kept for when they are undeleted. */
function expectedAfter(status: string, change: Change): string {
  const [now, kept] = status.split(' after ');
  if (change === 'deleteUser') return now === 'deleted' ? status : `deleted after ${now}`;
  if (change === 'undeleteUser') return now === 'deleted' ? kept! : status;
  return now === 'deleted' ? 'USER_DELETED' : change === 'suspendUser' ? 'suspended' : 'active';
}

describe('the status of a person', () => {
  const sequences = changes.flatMap((a) => changes.flatMap((b) => changes.map((c) => [a, b, c] as const)));

  it.each(sequences)('is what it should be after %s, %s and %s', async (...sequence) => {
    let [expected, before] = ['active', ada];
    for (const change of sequence) {
      const next = expectedAfter(expected, change);
      if (next === 'USER_DELETED') {
        expect(await verdictOf(admin[change]({ id: ada.id }))).toBe('FAILED_PRECONDITION USER_DELETED');
        expect(await admin.getUser({ id: ada.id })).toEqual(before);
        continue;
      }
      const after = await admin[change]({ id: ada.id, etag: before.etag });
      expect(statusOf(after)).toBe(next.split(' ')[0]);
      expect([Boolean(after.deleteTime), Boolean(after.purgeTime)]).toEqual(Array(2).fill(statusOf(after) === 'deleted'));
      // what is so already stays untouched, etag and all
      if (next === expected) expect(after).toEqual(before);
      else expect(after.etag).not.toBe(before.etag);
      expect(await admin.getUser({ id: ada.id })).toEqual(after);
      [expected, before] = [next, after];
    }
  });

  it.each(changes)('is changed by %s only with the current etag, once for a request_id, and of nobody who is not there', async (change) => {
    if (change === 'undeleteUser') ada = await admin.deleteUser({ id: ada.id });
    if (change === 'reinstateUser') ada = await admin.suspendUser({ id: ada.id });
    expect(await verdictOf(admin[change]({ id: ada.id, etag: '"77"' }))).toBe('ABORTED ETAG_MISMATCH');
    expect(await verdictOf(admin[change]({ id: randomUUID() }))).toBe('NOT_FOUND USER_NOT_FOUND');
    for (const id of ['me', 'no uuid', '']) expect(await verdictOf(admin[change]({ id }))).toBe('INVALID_ARGUMENT VALIDATION_FAILED id');
    const request = { id: ada.id, etag: ada.etag, requestId: randomUUID() };
    const changed = await admin[change](request);
    expect(await admin[change](request)).toEqual(changed);
    expect(await verdictOf(admin[change]({ ...request, requestId: '' }))).toBe('ABORTED ETAG_MISMATCH');
    expect(await verdictOf(admin[change]({ ...request, etag: '' }))).toBe('INVALID_ARGUMENT REQUEST_ID_REUSED');
  });
});

describe('a deleted person', () => {
  it('keeps what names them, is not listed, and is found by who asks for them', async () => {
    const deleted = await admin.deleteUser({ id: ada.id });
    expect(deleted.purgeTime!.getTime() - deleted.deleteTime!.getTime()).toBe(30 * 86_400_000);
    expect(await verdictOf(admin.createUser({ email: ada.email.toUpperCase() }))).toBe('ALREADY_EXISTS EMAIL_TAKEN');
    expect(await verdictOf(admin.createUser({ email: `else-${ada.email}`, username: ada.username }))).toBe('ALREADY_EXISTS USERNAME_TAKEN');
    expect((await admin.listUsers({ pageSize: 200 })).users.map(({ id }) => id)).not.toContain(ada.id);
    expect((await admin.batchGetUsers({ ids: [ada.id] })).users).toEqual([deleted]);
    const auth = await user.asService();
    expect((await auth.resolvePerson({ person: { $case: 'email', value: ada.email } })).user).toMatchObject({ status: UserStatus.USER_STATUS_DELETED });
    const back = await admin.undeleteUser({ id: ada.id });
    expect(back).toEqual({ ...ada, updateTime: back.updateTime, etag: back.etag });
  });

  it('can neither be changed nor be given roles', async () => {
    await admin.deleteUser({ id: ada.id });
    const self = await user.asPerson(ada.id);
    expect(await verdictOf(admin.updateUser({ user: { id: ada.id, displayName: 'Ghost' } }))).toBe('FAILED_PRECONDITION USER_DELETED');
    expect(await verdictOf(self.updateUser({ user: { id: 'me', displayName: 'Ghost' } }))).toBe('FAILED_PRECONDITION USER_DELETED');
    expect(await verdictOf(admin.setUserRoles({ id: ada.id, roleIds: ['admin'] }))).toBe('FAILED_PRECONDITION USER_DELETED');
  });

  it('is brought back by EnsureAdministrator, suspended or not', async () => {
    const auth = await user.asService();
    await admin.suspendUser({ id: ada.id });
    await admin.deleteUser({ id: ada.id });
    const ensured = await auth.ensureAdministrator({ email: ada.email, userId: ada.id });
    expect(ensured).toMatchObject({ id: ada.id, status: UserStatus.USER_STATUS_ACTIVE, roleIds: ['admin', 'member'] });
    expect([ensured.deleteTime, ensured.purgeTime]).toEqual([undefined, undefined]);
    // nothing of the deletion is left that a later one could take up
    await auth.ensureAdministrator({ email: `other-${ada.email}`, userId: randomUUID() });
    await admin.deleteUser({ id: ada.id });
    expect(await admin.undeleteUser({ id: ada.id })).toMatchObject({ status: UserStatus.USER_STATUS_ACTIVE });
  });
});

describe('when a person was last seen', () => {
  it('is noted for many at once, changes no etag, and never goes back', async () => {
    const auth = await user.asService();
    const bob = await admin.createUser({ email: `bob-${count}@example.com` });
    const [earlier, later] = [new Date('2026-01-01T00:00:00.123Z'), new Date('2026-01-02T00:00:00.456Z')];
    const sightings = [
      { userId: ada.id, time: later },
      { userId: bob.id, time: earlier },
      { userId: ada.id, time: earlier },
      { userId: randomUUID(), time: later },
    ];
    await auth.recordLastSeen({ sightings });
    await auth.recordLastSeen({ sightings: [{ userId: ada.id, time: earlier }] });
    expect(await admin.getUser({ id: ada.id })).toEqual({ ...ada, lastSeenTime: later });
    expect(await admin.getUser({ id: bob.id })).toEqual({ ...bob, lastSeenTime: earlier });
  });

  it('is not noted of nobody, of no time, nor of too many', async () => {
    const auth = await user.asService();
    expect(await verdictOf(auth.recordLastSeen({}))).toBe('INVALID_ARGUMENT VALIDATION_FAILED sightings');
    expect(await verdictOf(auth.recordLastSeen({ sightings: [{ userId: 'me' }] }))).toBe(
      'INVALID_ARGUMENT VALIDATION_FAILED sightings[0].userId sightings[0].time',
    );
    const tooMany = Array.from({ length: 1_001 }, () => ({ userId: ada.id, time: new Date() }));
    expect(await verdictOf(auth.recordLastSeen({ sightings: tooMany }))).toBe('INVALID_ARGUMENT VALIDATION_FAILED sightings');
  });
});
