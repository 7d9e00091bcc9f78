import { AuthServiceDefinition, descriptorSet } from '@gatehouse/contracts/auth';
import { createDatabase } from '@gatehouse/postgres';
import { createTestDatabase } from '@gatehouse/postgres/testing';
import { createChannel, createClient } from '@gatehouse/rpc';
import { decodeJwt } from 'jose';
import { until, verdictOf } from './auth-under-test';
import { type Bundle, buildBundle, findFreePort } from './built-process';
import { createPeopleWithFactors } from './factors-under-test';
import { type AuthWithMails, startAuthWithMails } from './mails-under-test';

const password = 'correct horse battery';
// commands take a while: a code is of when it is asked for
const realClock = {
  get now() {
    return Date.now();
  },
};
const never = () => new Promise<void>(() => {});
let under: AuthWithMails;
let bundle: Bundle;
beforeAll(async () => {
  [under, bundle] = await Promise.all([startAuthWithMails({ settings: { AUTH_SIGNUP_VERIFICATION: 'off' } }), buildBundle()]);
});
afterAll(async () => {
  await bundle.remove();
  await under.close();
});

/** Starts the built service beside the one in this process. */
async function serve(settings: Record<string, string> = {}) {
  const [grpcPort, adminPort] = [await findFreePort(), await findFreePort()];
  const running = bundle.run('serve', { ...under.settings, AUTH_GRPC_PORT: String(grpcPort), AUTH_ADMIN_PORT: String(adminPort), ...settings });
  await until(async () => (await fetch(`http://127.0.0.1:${adminPort}/readyz`).catch(() => undefined))?.status === 200);
  const channel = createChannel({ target: `127.0.0.1:${grpcPort}`, descriptorSets: [descriptorSet], defaultDeadlineMs: 20_000 });
  under.alsoClose.push(() => channel.close());
  return { ...running, auth: createClient(AuthServiceDefinition, channel) };
}

describe('killed between two steps of a sign-up', () => {
  it.each([
    ['before user created the person', 'beforeCreate'],
    ['after user created the person, before it answered', 'afterCreate'],
    ['after user answered, before there are credentials', 'beforeResolve'],
  ] as const)('%s, it lets the next attempt succeed', async (_, gate) => {
    const email = `${gate}@example.com`;
    const killed = await serve();
    let isReached = false;
    under.users.gates[gate] = () => {
      isReached = true;
      return never();
    };
    const lost = verdictOf(killed.auth.signUp({ email, password: 'the lost password' }));
    await until(() => isReached);
    killed.child.kill('SIGKILL');
    expect(await killed.ended).toBe('SIGKILL');
    expect(await lost).toBe('UNAVAILABLE UNAVAILABLE');
    under.users.gates[gate] = undefined;

    expect(await verdictOf(under.auth.login({ email, password: 'the lost password' }))).toBe('UNAUTHENTICATED INVALID_CREDENTIALS');
    const { user } = await under.auth.signUp({ email, password });
    expect([...under.users.people.values()].filter((each) => each.email === email).map(({ id }) => id)).toEqual([user!.id]);
    expect(await verdictOf(under.auth.login({ email, password }))).toBe('OK');
    expect(await verdictOf(under.auth.login({ email, password: 'the lost password' }))).toBe('UNAUTHENTICATED INVALID_CREDENTIALS');
  });
});

describe('the process', () => {
  it('answers what is in flight when it is told to end, exits 0, and has logged no secret', async () => {
    const ending = await serve({ LOG_LEVEL: 'debug' });
    const email = 'secretive@example.com';
    const { refreshToken, accessToken } = await ending.auth.signUp({ email, password, displayName: 'Secretive' });
    await verdictOf(ending.auth.login({ email, password: 'a wrong password' }));
    let isReached = false;
    let answer: () => void = () => {};
    under.users.gates.beforeResolve = () => {
      isReached = true;
      return new Promise((resolve) => (answer = resolve));
    };
    const inFlight = ending.auth.refresh({ refreshToken });
    await until(() => isReached);
    ending.child.kill('SIGTERM');
    await new Promise((resolve) => setTimeout(resolve, 200));
    under.users.gates.beforeResolve = undefined;
    answer();
    const { refreshToken: successor } = await inFlight;
    expect(await ending.ended).toBe(0);
    expect(ending.output()).toContain('AuthService/Refresh');
    for (const secret of [email, password, 'a wrong password', 'Secretive', refreshToken!, successor!, accessToken!, 'ghr_', under.settings.AUTH_SECRET_KEY!])
      expect(ending.output()).not.toContain(secret);
  });

  it('names every setting at fault, and shows no value', async () => {
    const { ended, output } = bundle.run('serve', { AUTH_GRPC_PORT: 'ninety', AUTH_SECRET_KEY: 'not-a-key-but-secret' });
    expect(await ended).toBe(1);
    for (const name of ['AUTH_GRPC_PORT', 'AUTH_SECRET_KEY', 'AUTH_DATABASE_URL']) expect(output()).toContain(name);
    expect(output()).not.toContain('not-a-key');
  });
});

describe('the command bootstrap', () => {
  const bootstrap = async (given: string, settings: Record<string, string> = {}, options: readonly string[] = []) => {
    const env = { ...under.settings, AUTH_BOOTSTRAP_EMAIL: 'root@example.com', AUTH_BOOTSTRAP_PASSWORD: given, ...settings };
    const { ended, output } = bundle.run('bootstrap', env, options);
    return { code: await ended, output: output() };
  };
  const login = (given: string, email = 'root@example.com') => verdictOf(under.auth.login({ email, password: given }));

  it('makes an administrator who can log in, says so in one line, and does nothing the second time', async () => {
    const first = await bootstrap(password);
    expect(first).toEqual({ code: 0, output: expect.stringMatching(/^[^\n]+\n$/) });
    expect(first.output).not.toContain(password);
    const { accessToken, refreshToken } = await under.auth.login({ email: 'root@example.com', password });
    expect(decodeJwt(accessToken!).permissions).toEqual(['users.create', 'users.read', 'users.update']);
    // whoever configures the installation vouches for it: they enter where emails have to be verified
    expect(under.users.findByEmail('root@example.com')?.emailVerified).toBe(true);
    const second = await bootstrap(password);
    expect(second.code).toBe(0);
    expect(second.output).not.toBe(first.output);
    expect(await verdictOf(under.auth.refresh({ refreshToken }))).toBe('OK');
  });

  it('takes a password that is easy to guess, and warns of it without repeating it', async () => {
    const { code, output } = await bootstrap('password1', { AUTH_BOOTSTRAP_EMAIL: 'careless@example.com' });
    expect(code).toBe(0);
    expect(output).toContain('AUTH_BOOTSTRAP_PASSWORD is one of those that are tried first');
    expect(output).not.toContain('password1');
    expect(await login('password1', 'careless@example.com')).toBe('OK');
  });

  it('restores the password, and ends the sessions of whoever had another', async () => {
    const { refreshToken } = await under.auth.login({ email: 'root@example.com', password });
    expect((await bootstrap('a new password')).code).toBe(0);
    expect(await login(password)).toBe('UNAUTHENTICATED INVALID_CREDENTIALS');
    expect(await login('a new password')).toBe('OK');
    expect(await verdictOf(under.auth.refresh({ refreshToken }))).toBe('UNAUTHENTICATED REFRESH_TOKEN_INVALID');
  });

  it('leaves whoever signed up with the email before no way back: neither a change of email that they asked for, nor a second factor of theirs', async () => {
    const people = createPeopleWithFactors(under, realClock);
    const email = 'head@example.com';
    const { accessToken } = await under.auth.signUp({ email, password });
    await under.asPerson(accessToken!).email.changeEmail({ newEmail: 'attacker@example.com', password });
    await people.addFactor(accessToken!);
    const { token } = await under.mailTo('attacker@example.com');
    expect((await bootstrap('the password of the chief', { AUTH_BOOTSTRAP_EMAIL: email })).code).toBe(0);
    expect(await verdictOf(under.email.confirmEmailChange({ token }))).toBe('INVALID_ARGUMENT CODE_INVALID');
    const entered = await under.auth.login({ email, password: 'the password of the chief' });
    expect(entered.accessToken).toBeDefined();
    // of an administrator what they have added since stays, also with another password
    await under.asPerson(entered.accessToken!).email.changeEmail({ newEmail: 'other@example.com', password: 'the password of the chief' });
    await people.addFactor(entered.accessToken!);
    const other = await under.mailTo('other@example.com');
    expect((await bootstrap('a new password', { AUTH_BOOTSTRAP_EMAIL: email })).code).toBe(0);
    expect(await verdictOf(under.email.confirmEmailChange({ token: other.token }))).toBe('INVALID_ARGUMENT CODE_INVALID');
    expect(await under.auth.login({ email, password: 'a new password' })).toMatchObject({ factorRequired: true });
  });

  it('takes the email from a sign-up that is on its way, whose attempt then wins nothing', async () => {
    let answer: () => void = () => {};
    let isReached = false;
    under.users.gates.afterCreate = () => {
      isReached = true;
      return new Promise((resolve) => (answer = resolve));
    };
    const signUp = verdictOf(under.auth.signUp({ email: 'chief@example.com', password: 'of a stranger' }));
    await until(() => isReached);
    expect((await bootstrap(password, { AUTH_BOOTSTRAP_EMAIL: 'chief@example.com' })).code).toBe(0);
    under.users.gates.afterCreate = undefined;
    answer();
    expect(await signUp).toBe('ALREADY_EXISTS EMAIL_TAKEN');
    expect(await login('of a stranger', 'chief@example.com')).toBe('UNAUTHENTICATED INVALID_CREDENTIALS');
    expect(await login(password, 'chief@example.com')).toBe('OK');
    expect(await verdictOf(under.auth.signUp({ email: 'chief@example.com', password: 'of a stranger' }))).toBe('ALREADY_EXISTS EMAIL_TAKEN');
  });

  it('waits for user', async () => {
    await under.users.stop();
    const waiting = bootstrap('a later password');
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    await under.users.restart();
    expect((await waiting).code).toBe(0);
    await until(async () => (await login('a later password')) === 'OK');
  });

  it('takes the second factors of who has lost them away, when it is told to, and their sessions', async () => {
    const people = createPeopleWithFactors(under, realClock);
    const email = 'locked-out@example.com';
    const settings = { AUTH_BOOTSTRAP_EMAIL: email, LOG_LEVEL: 'info' };
    expect((await bootstrap(password, settings)).code).toBe(0);
    const entered = await under.auth.login({ email, password });
    const [id, accessToken, refreshToken] = [entered.user!.id, entered.accessToken!, entered.refreshToken!];
    const { recoveryCodes } = await people.addFactor(accessToken);
    const count = async () => {
      const { factors, recoveryCodesLeft } = await under.factorsOf(accessToken).listFactors({ userId: 'me' });
      return [factors.length, recoveryCodesLeft];
    };
    expect((await bootstrap(password, settings)).code).toBe(0);
    expect(await count()).toEqual([1, recoveryCodes.length]);
    expect((await under.auth.login({ email, password })).factorRequired).toBe(true);

    const { code, output } = await bootstrap(password, settings, ['--reset-factors']);
    expect(code).toBe(0);
    expect(output).toContain('authenticator apps that were removed: 1;');
    expect(output).toContain('factor_removed');
    expect(output).not.toContain(email);
    expect((await under.auth.login({ email, password })).accessToken).toBeDefined();
    expect(await verdictOf(under.auth.refresh({ refreshToken }))).toBe('UNAUTHENTICATED REFRESH_TOKEN_INVALID');
    const mails = await under.database.query({ name: 'mails-of-reset', text: 'select kind from mails where user_id = $1 order by id', values: [id] });
    expect(mails.at(-1)).toEqual({ kind: 'factor_removed' });
    expect((await bootstrap(password, settings, ['--reset-factors'])).output).toContain('authenticator apps that were removed: 0;');
  });

  it('says which settings it misses, and which secret is wrong', async () => {
    const { code, output } = await bootstrap('', { AUTH_BOOTSTRAP_EMAIL: '' });
    expect(code).toBe(1);
    expect(output).toMatch(/AUTH_BOOTSTRAP_EMAIL[^]*AUTH_BOOTSTRAP_PASSWORD/);
    const wrong = await bootstrap(password, { AUTH_SECRET_KEY: Buffer.alloc(32, 8).toString('base64') });
    expect(wrong.code).toBe(1);
    expect(wrong.output).toContain('AUTH_SECRET_KEY');
  });
});

describe('the command migrate', () => {
  it('makes the tables, and has nothing to do the second time', async () => {
    const empty = await createTestDatabase();
    const migrate = async () => {
      const { ended, output } = bundle.run('migrate', { AUTH_DATABASE_URL: empty.url });
      expect(await ended).toBe(0);
      return output();
    };
    expect(await migrate()).toContain('auth/0001_create_signing_keys');
    expect(await migrate()).toBe('nothing to apply\n');
    const database = createDatabase({ url: empty.url, applicationName: 'test' });
    expect(await database.query({ name: 'list-keys', text: 'select 1 from signing_keys' })).toEqual([]);
    await database.close();
    await empty.drop();
  });
});
