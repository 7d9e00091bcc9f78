import { type AuthUnderTest, startAuth, until, verdictOf } from './auth-under-test';
import { type Bundle, buildBundle } from './built-process';

const password = 'correct horse battery';
let bundle: Bundle;
let under: AuthUnderTest;
beforeAll(async () => (bundle = await buildBundle()));
afterAll(() => bundle.remove());
beforeEach(async () => {
  under = await startAuth();
  // so that a few people are many pages
  under.users.gates.pageSize = 2;
});
afterEach(() => under.close());

const run = (...options: string[]) => bundle.run('reconcile', under.settings, options);
async function reconcile(...options: string[]): Promise<string> {
  const { ended, output } = run(...options);
  if ((await ended) !== 0) throw new Error(`reconcile ended with ${await ended}: ${output()}`);
  return output();
}
const enter = async (name: string) => {
  const { user, refreshToken } = await under.auth.signUp({ email: `${name}@example.com`, password });
  return { id: user!.id, email: user!.email, refreshToken: refreshToken! };
};
const login = (email: string) => verdictOf(under.auth.login({ email, password }));
const refresh = (refreshToken: string) => verdictOf(under.auth.refresh({ refreshToken }));
const forget = (...ids: string[]) => ids.forEach((id) => under.users.people.delete(id));

describe('where auth is older than user', () => {
  it('ends every session, counts who has no password here, and names them by id where that is asked for', async () => {
    const people = [await enter('ada'), await enter('bob'), await enter('cy')];
    const [eve, grace] = [under.users.add('eve@example.com'), under.users.add('grace@example.com')];
    const output = await reconcile('--list');
    expect(output).toBe(
      [
        'ended: 3 sessions, 0 sign-ups, 0 mailed codes',
        `without-password ${eve.id}`,
        `without-password ${grace.id}`,
        'people: 5; without a password: 2; passwords removed, of people whom user does not know: 0',
        '',
      ].join('\n'),
    );
    for (const { refreshToken, email } of people)
      expect([await refresh(refreshToken), await login(email)]).toEqual(['UNAUTHENTICATED REFRESH_TOKEN_INVALID', 'OK']);
  });

  it('drops a sign-up that was pending: whoever takes it up could take a person who has another password since', async () => {
    const ada = under.users.add('ada@example.com');
    await under.database.query({
      name: 'leave-sign-up',
      text: `insert into pending_sign_ups (user_id, email, display_name, password_hash, attempt_id) values ($1, $2, '', 'hash', $1)`,
      values: [ada.id, ada.email],
    });
    expect(await reconcile()).toMatch(/^ended: 0 sessions, 1 sign-ups, 0 mailed codes\npeople: 1; without a password: 1;/);
    expect(await verdictOf(under.auth.signUp({ email: ada.email, password }))).toBe('ALREADY_EXISTS EMAIL_TAKEN');
    expect(await login(ada.email)).toBe('UNAUTHENTICATED INVALID_CREDENTIALS');
  });

  it('ends what was mailed or waits: which of it was used since, nobody knows', async () => {
    const { id } = await enter('ada');
    const run = (name: string, text: string) => under.database.query<{ left: number }>({ name, text, values: [id] });
    await run(
      'leave-code',
      `insert into one_time_codes (id, purpose, user_id, email_hash, token_hash, code_hash, sealed, mail_time, expire_time)
       values ($1, 'invitation', $1, 'hash', 'token', 'digits', 'sealed', null, now() + interval '1 week')`,
    );
    await run('leave-mail', `insert into mails (id, kind, user_id, sealed, expire_time) values ($1, 'invitation', $1, 'sealed', now() + interval '1 week')`);
    await run(
      'leave-login',
      `insert into login_tokens (token_hash, user_id, password_digest, device_id, is_device_known, expire_time)
       values ('half', $1, 'digest', $1, true, now() + interval '1 week')`,
    );
    expect(await reconcile('--without-user', '--dry-run')).toMatch(/^to end: 1 sessions, 0 sign-ups, 1 mailed codes\n/);
    expect(await reconcile('--without-user')).toBe('ended: 1 sessions, 0 sign-ups, 1 mailed codes\n');
    const left = await run(
      'count-left',
      `select (select count(*) from one_time_codes where user_id = $1 and end_time is null)::int
         + (select count(*) from mails where user_id = $1 and state = 'queued')::int + (select count(*) from login_tokens where user_id = $1)::int as left`,
    );
    expect(left).toEqual([{ left: 0 }]);
  });

  it('tells every verifier that tokens of before count no more, also in a cluster that the database came to with a dump', async () => {
    await enter('ada');
    await under.app.close();
    await under.database.query({ name: 'move', text: 'update outbox_horizon set system_identifier = 1' });
    await reconcile('--without-user');
    const after = await startAuth({ beside: under });
    const told: (string | undefined)[] = [];
    for await (const { revocations, isCurrent } of after.verifier.watchRevocations({ cursor: '' })) {
      told.push(...revocations.map(({ subject }) => subject?.$case));
      if (isCurrent) break;
    }
    expect(told).toEqual(['everybody', 'sessionHash']);
  });

  it('ends no session of since, where it is told that auth is current', async () => {
    const ada = await enter('ada');
    expect(await reconcile('--auth-is-current')).toMatch(/^sessions and sign-ups go on\npeople: 1; without a password: 0;/);
    expect(await refresh(ada.refreshToken)).toBe('OK');
  });
});

describe('where user is older than auth', () => {
  it('removes the passwords and factors of people whom user does not know, wherever they stand in the order, and ends their sessions', async () => {
    const [first, ada, between, next, bob, last] = [
      await enter('first'),
      await enter('ada'),
      await enter('between'),
      await enter('next'),
      await enter('bob'),
      await enter('last'),
    ];
    await under.database.query({
      name: 'add-factors',
      text: `insert into factors (id, user_id, kind, sealed_secret, confirm_time) select gen_random_uuid(), unnest($1::uuid[]), 'totp', '', now()`,
      values: [[first.id, ada.id]],
    });
    forget(first.id, between.id, next.id, last.id);
    expect(await reconcile('--auth-is-current', '--remove-most')).toContain(
      'people: 2; without a password: 0; passwords removed, of people whom user does not know: 4',
    );
    expect(await under.database.query({ name: 'list-factors', text: 'select user_id from factors' })).toEqual([{ user_id: ada.id }]);
    await under.database.query({ name: 'remove-factors', text: 'delete from factors' });
    const kept = await under.database.query<{ user_id: string }>({ name: 'list-credentials', text: 'select user_id from credentials order by 1' });
    expect(kept.map(({ user_id }) => user_id)).toEqual([ada.id, bob.id].sort());
    const open = await under.database.query<{ user_id: string }>({
      name: 'list-open',
      text: 'select user_id from sessions where revoke_time is null order by 1',
    });
    expect(open.map(({ user_id }) => user_id)).toEqual([ada.id, bob.id].sort());
    expect(await verdictOf(under.auth.signUp({ email: last.email, password }))).toBe('OK');
  });

  it('removes no password where it would remove more than it keeps, as in the place of a database that was made anew, unless it is told to', async () => {
    const people = [await enter('ada'), await enter('bob'), await enter('cy')];
    forget(...people.slice(1).map(({ id }) => id));
    const dry = await reconcile('--auth-is-current', '--dry-run');
    expect(dry).toContain('passwords to remove, of people whom user does not know: 2\nthat is more than are kept: ');
    const { ended, output } = run('--auth-is-current', '--list');
    expect(await ended).toBe(1);
    expect(output()).toContain(
      '2 of the 3 passwords are of people whom user does not know, and would be removed: is the database of user the one that was restored? If so, --remove-most',
    );
    expect(output()).not.toContain('unknown ');
    expect(await refresh(people[0]!.refreshToken)).toBe('OK');
    expect(await under.database.query({ name: 'count', text: 'select user_id from credentials' })).toHaveLength(3);
  });

  it('touches nothing where user knows nobody, as a database that was not restored does', async () => {
    const ada = await enter('ada');
    under.users.people.clear();
    const { ended, output } = run('--auth-is-current');
    expect(await ended).toBe(1);
    expect(output()).toContain('user knows nobody, and there are passwords: restore the database of user first');
    expect(await under.database.query({ name: 'count', text: 'select user_id from credentials' })).toEqual([{ user_id: ada.id }]);
  });
});

it('does what needs nobody else, where it is told to ask nobody', async () => {
  const ada = await enter('ada');
  forget(ada.id);
  await under.users.stop();
  expect(await reconcile('--without-user')).toBe('ended: 1 sessions, 0 sign-ups, 0 mailed codes\n');
  await under.users.restart();
  expect(await refresh(ada.refreshToken)).toBe('UNAUTHENTICATED REFRESH_TOKEN_INVALID');
});

it('changes nothing in a dry run, and says the same as the run after it', async () => {
  await enter('ada');
  const gone = await enter('gone');
  forget(gone.id);
  under.users.add('eve@example.com');
  const before = await under.dump();
  const dry = await reconcile('--dry-run');
  expect(await under.dump()).toBe(before);
  expect(dry).toBe(
    'to end: 2 sessions, 0 sign-ups, 0 mailed codes\npeople: 2; without a password: 1; passwords to remove, of people whom user does not know: 1\nnothing was changed\n',
  );
  const wet = await reconcile();
  expect(wet).toBe(
    'ended: 2 sessions, 0 sign-ups, 0 mailed codes\npeople: 2; without a password: 1; passwords removed, of people whom user does not know: 1\n',
  );
  expect(await reconcile()).toBe(
    'ended: 0 sessions, 0 sign-ups, 0 mailed codes\npeople: 2; without a password: 1; passwords removed, of people whom user does not know: 0\n',
  );
  for (const secret of ['example.com', password]) expect(dry + wet).not.toContain(secret);
});

it('ends sessions before user can be asked; killed while it waits for user, the next run does the rest', async () => {
  const [ada, gone] = [await enter('ada'), await enter('gone')];
  forget(gone.id);
  await under.users.stop();
  const killed = run();
  await until(() => killed.output().includes('ended: 2 sessions'));
  await until(() => killed.output().includes('waiting for user'));
  killed.child.kill('SIGKILL');
  await killed.ended;
  const waiting = run();
  await until(() => waiting.output().includes('ended: 0 sessions'));
  await under.users.restart();
  expect(await waiting.ended).toBe(0);
  expect(waiting.output()).toContain('passwords removed, of people whom user does not know: 1');
  await until(async () => (await login(ada.email)) === 'OK');
});

it('names its options where it is given another, and changes nothing', async () => {
  const ada = await enter('ada');
  const { ended, output } = run('--dryrun');
  expect(await ended).toBe(1);
  expect(output()).toBe(
    "cannot start as configured:\n  Unknown option '--dryrun': reconcile takes --check-config, --dry-run, --auth-is-current, --without-user, --remove-most, --list\n",
  );
  expect(await refresh(ada.refreshToken)).toBe('OK');
});

it('refuses to do nothing at all', async () => {
  const { ended, output } = run('--without-user', '--auth-is-current');
  expect(await ended).toBe(1);
  expect(output()).toContain('--without-user with --auth-is-current leaves nothing to do');
});

it('says that the schema is older than this version, as in a backup of the release before', async () => {
  await under.database.query({ name: 'forget-migration', text: "delete from schema_migrations where name = '0006_lower_email_domains'" });
  const ada = await enter('ada');
  const { ended, output } = run();
  expect(await ended).toBe(1);
  expect(output()).toContain('it lacks auth/0006_lower_email_domains: run the command `migrate` of this version');
  expect(await refresh(ada.refreshToken)).toBe('OK');
});

it('says which secret is wrong', async () => {
  const wrong = bundle.run('reconcile', { ...under.settings, AUTH_SECRET_KEY: Buffer.alloc(32, 8).toString('base64') });
  expect(await wrong.ended).toBe(1);
  expect(wrong.output()).toContain('AUTH_SECRET_KEY');
});
