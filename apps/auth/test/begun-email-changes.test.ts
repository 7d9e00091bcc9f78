import { unavailable } from '@gatehouse/contracts/api';
import { until, verdictOf } from './auth-under-test';
import { type AuthWithMails, startAuthWithMails } from './mails-under-test';

const password = 'correct horse battery';
const invalid = 'INVALID_ARGUMENT CODE_INVALID';
let under: AuthWithMails;
beforeAll(async () => {
  under = await startAuthWithMails();
});
afterAll(() => under.close());

const join = async (email: string) => {
  const { user, accessToken = '' } = await under.join(email, password);
  return { id: user!.id, self: under.asPerson(accessToken).email };
};

describe('a change of email whose caller goes away', () => {
  /** Confirms one, and goes away at that point of what `user` does. */
  const confirmHalf = async (name: string, gate: 'beforeUpdate' | 'afterUpdate') => {
    const [oldEmail, newEmail] = [`${name}-old@example.com`, `${name}-new@example.com`];
    const { id, self } = await join(oldEmail);
    await self.changeEmail({ newEmail, password });
    const { token } = await under.mailTo(newEmail);
    expect(await under.mailTo(oldEmail)).toMatchObject({ kind: 'email_change_requested' });
    const [arrived, gone] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    under.users.gates[gate] = () => {
      arrived.resolve();
      return gone.promise.then(() => Promise.reject(unavailable()));
    };
    const caller = new AbortController();
    const verdict = verdictOf(under.email.confirmEmailChange({ token }, { signal: caller.signal }));
    await arrived.promise;
    caller.abort();
    expect(await verdict).not.toBe('OK');
    under.users.gates[gate] = undefined;
    gone.resolve();
    return { id, token, oldEmail, newEmail };
  };
  const query = (name: string, text: string, values: readonly unknown[] = []) => under.database.query({ name, text, values });
  const age = (minutes: number) =>
    query('age-begun-changes', `update begun_email_changes set begin_time = now() - $1 * interval '1 min', look_time = now() - interval '2 min'`, [minutes]);
  const waiting = `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
  const countBegun = async (id: string) => (await query('list-begun-changes', 'select 1 from begun_email_changes where user_id = $1', [id])).length;

  it('is told to the old email all the same, by any process, once', async () => {
    const { id, token, oldEmail, newEmail } = await confirmHalf('gone', 'afterUpdate');
    expect([under.users.people.get(id)?.email, await under.mailsTo(oldEmail)]).toEqual([newEmail, []]);
    const other = await startAuthWithMails({ beside: under });
    await other.app.sweeper.sweepEmailChanges();
    expect(await countBegun(id)).toBe(1);
    await age(2);
    await Promise.all([under, other].map(({ app }) => app.sweeper.sweepEmailChanges()));
    expect(await under.mailTo(oldEmail)).toMatchObject({ kind: 'email_changed', userId: id });
    expect([await countBegun(id), await verdictOf(under.email.confirmEmailChange({ token }))]).toEqual([0, invalid]);
    await other.close();
  });

  it('is told though what was mailed before has ended, and the email is another by then', async () => {
    const { id, oldEmail, newEmail } = await confirmHalf('hurried', 'afterUpdate');
    await query('end-codes', 'update one_time_codes set end_time = now(), sealed = null where end_time is null');
    under.users.people.set(id, { ...under.users.people.get(id)!, email: 'hurried-on@example.com' });
    await age(2);
    await under.app.sweeper.sweepEmailChanges();
    expect(await under.mailTo(oldEmail)).toMatchObject({ kind: 'email_changed' });
    expect(await under.mailsTo(newEmail)).toEqual([]);
  });

  it('that user has not done is no change: the old email is told nothing, and it can be confirmed again', async () => {
    const { id, token, oldEmail } = await confirmHalf('early', 'beforeUpdate');
    await age(2);
    await under.app.sweeper.sweepEmailChanges();
    expect(await countBegun(id)).toBe(1);
    await age(20);
    await under.app.sweeper.sweepEmailChanges();
    expect([await countBegun(id), under.users.people.get(id)?.email, await under.mailsTo(oldEmail)]).toEqual([0, oldEmail, []]);
    expect(await verdictOf(under.email.confirmEmailChange({ token }))).toBe('OK');
    expect([await countBegun(id), (await under.mailTo(oldEmail)).kind]).toEqual([0, 'email_changed']);
  });

  it('that user refused is no other one: the next change is told to the old email once', async () => {
    const oldEmail = 'refused-old@example.com';
    const { id, self } = await join(oldEmail);
    const confirm = async (newEmail: string) => {
      await self.changeEmail({ newEmail, password });
      const { token } = await under.mailTo(newEmail);
      if (newEmail === 'refused@example.com') under.users.add(newEmail);
      return verdictOf(under.email.confirmEmailChange({ token }));
    };
    expect(await confirm('refused@example.com')).toBe('ALREADY_EXISTS EMAIL_TAKEN');
    expect([await countBegun(id), await confirm('accepted@example.com')]).toEqual([1, 'OK']);
    await age(2);
    await under.app.sweeper.sweepEmailChanges();
    const told = (await under.mailsTo(oldEmail)).filter(({ kind }) => kind === 'email_changed');
    expect([await countBegun(id), told.length]).toEqual([0, 1]);
  });

  it('is told to the email before it though the next change is from the new one', async () => {
    const { id, oldEmail, newEmail } = await confirmHalf('onward', 'afterUpdate');
    const { accessToken = '' } = await under.auth.login({ email: newEmail, password });
    await under.asPerson(accessToken).email.changeEmail({ newEmail: 'onward-last@example.com', password });
    const { token } = await under.mailTo('onward-last@example.com');
    expect(await verdictOf(under.email.confirmEmailChange({ token }))).toBe('OK');
    expect((await under.mailsTo(newEmail)).map(({ kind }) => kind)).toContain('email_changed');
    expect(await countBegun(id)).toBe(1);
    await age(2);
    await under.app.sweeper.sweepEmailChanges();
    expect([(await under.mailTo(oldEmail)).kind, await countBegun(id)]).toEqual(['email_changed', 0]);
  });

  it('whose old email no secret opens keeps no other one from its end, and is forgotten after a day', async () => {
    const [spoilt, whole] = [await confirmHalf('spoilt', 'afterUpdate'), await confirmHalf('whole', 'afterUpdate')];
    await query('spoil-begun-change', `update begun_email_changes set sealed = 'spoilt' where user_id = $1`, [spoilt.id]);
    await age(60);
    const sweep = () => under.app.sweeper.sweepEmailChanges().catch(({ reason }) => expect(reason).toBe('UNAVAILABLE'));
    await sweep();
    expect([(await under.mailTo(whole.oldEmail)).kind, await countBegun(whole.id), await countBegun(spoilt.id)]).toEqual(['email_changed', 0, 1]);
    await age(25 * 60);
    await sweep();
    await until(async () => (await countBegun(spoilt.id)) === 0);
  });

  it('whose code ends just before is not asked of user', async () => {
    const { id, self } = await join('ended-old@example.com');
    await self.changeEmail({ newEmail: 'ended-new@example.com', password });
    const { token } = await under.mailTo('ended-new@example.com');
    let verdict: Promise<string> | undefined;
    await under.database.transaction(async (tx) => {
      await tx.query({ name: 'hold-begun-changes', text: 'lock table begun_email_changes in exclusive mode' });
      verdict = verdictOf(under.email.confirmEmailChange({ token }));
      await until(async () => (await query('find-waiting', waiting)).length > 0);
      await tx.query({
        name: 'end-code',
        text: 'update one_time_codes set end_time = now(), sealed = null where user_id = $1 and end_time is null',
        values: [id],
      });
    });
    expect(await verdict).toBe(invalid);
    expect([await countBegun(id), under.users.people.get(id)?.email]).toEqual([0, 'ended-old@example.com']);
  });

  it('keeps no email readable in the database', async () => {
    const { id, oldEmail, newEmail } = await confirmHalf('hidden', 'beforeUpdate');
    expect(await countBegun(id)).toBe(1);
    const dump = await under.dump();
    for (const email of [oldEmail, newEmail]) expect(dump).not.toContain(email);
  });
});
