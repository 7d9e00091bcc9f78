import { toClientMetadata } from '@gatehouse/access';
import { type AuthUnderTest, startAuth, until, verdictOf } from './auth-under-test';
import { createPeopleWithFactors, totp } from './factors-under-test';
import { active, suspended, useFollowed } from './followed-people';

const wrongToken = 'UNAUTHENTICATED LOGIN_TOKEN_INVALID';
const clock = { now: Date.now() };
let under: AuthUnderTest;
let people: ReturnType<typeof createPeopleWithFactors>;
let followed: ReturnType<typeof useFollowed>;
beforeAll(async () => {
  under = await startAuth({ overrides: { now: () => clock.now } });
  people = createPeopleWithFactors(under, clock);
  followed = useFollowed(under);
  await followed.untilFollowing();
});
beforeEach(() => void (clock.now = Date.now()));
afterAll(() => under.close());

const elsewhere = { metadata: toClientMetadata({ address: '198.51.100.7', userAgent: 'Elsewhere' }) };
const complete = (loginToken: string, code: string) => under.factorsOf().completeLogin({ loginToken, code: totp(code) }, elsewhere);
const waiting = `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
/** Resolves when so many statements wait for others. */
const untilWaiting = (count: number) => until(async () => (await under.database.query({ name: 'list-waiting', text: waiting })).length >= count);

describe('a login that waits for its code', () => {
  it('ends with all sessions though it is being completed: that session ends too', async () => {
    const { id, email, accessToken, codeAt } = await people.withFactor();
    const loginToken = await people.begin(email);
    let completed: ReturnType<typeof complete> | undefined;
    let revoked: Promise<{ revoked: number }> | undefined;
    await under.database.transaction(async (tx) => {
      // the last that is written: its person is told of the device
      await tx.query({ name: 'hold-mails', text: 'lock table mails in exclusive mode' });
      completed = complete(loginToken, codeAt(0));
      await untilWaiting(1);
      revoked = under.sessionsAs(accessToken).revokeAllSessions({ userId: 'me' });
      await untilWaiting(2);
    });
    const { refreshToken } = (await completed)!;
    expect(await revoked).toEqual({ revoked: 2 });
    expect([await followed.liveSessions(id), await followed.refresh({ refreshToken: refreshToken! })]).toEqual([0, 'UNAUTHENTICATED REFRESH_TOKEN_INVALID']);
  });

  it('ends with a suspension, also once that is undone, and that of everybody else goes on', async () => {
    const [ada, bob] = [await people.withFactor(), await people.withFactor()];
    const [ofAda, ofBob] = [await people.begin(ada.email), await people.begin(bob.email)];
    under.users.change(ada.id, 'USER_CHANGE_KIND_SUSPENDED', { status: suspended });
    await followed.untilKnown(ada.id, 'suspended', 2n);
    under.users.change(ada.id, 'USER_CHANGE_KIND_REINSTATED', { status: active });
    await followed.untilKnown(ada.id, 'active', 3n);
    expect([await verdictOf(complete(ofAda, ada.codeAt(0))), await verdictOf(complete(ofBob, bob.codeAt(0)))]).toEqual([wrongToken, 'OK']);
    expect(await verdictOf(complete(await people.begin(ada.email), ada.codeAt(0)))).toBe('OK');
  });

  it('is completed while its person is suspended without either waiting for the other in a circle', async () => {
    const { id, email } = await people.withFactor();
    await people.begin(email);
    const isFree = await under.database.transaction(async (tx) => {
      // as who completes it does, who holds the person then
      await tx.query({ name: 'take-token', text: 'delete from login_tokens where user_id = $1', values: [id] });
      under.users.change(id, 'USER_CHANGE_KIND_SUSPENDED', { status: suspended });
      await untilWaiting(1);
      const [row] = await tx.query<{ is_free: boolean }>({
        name: 'try-hold-person',
        text: 'select pg_try_advisory_xact_lock_shared(hashtextextended($1, 8)) as is_free',
        values: [id],
      });
      return row!.is_free;
    });
    await followed.untilKnown(id, 'suspended', 2n);
    expect(isFree).toBe(true);
  });
});
