import { type AuthUnderTest, startAuth, until } from './auth-under-test';
import { type Bundle, buildBundle } from './built-process';
import { createPeopleWithFactors } from './factors-under-test';

let under: AuthUnderTest;
let bundle: Bundle;
beforeAll(async () => {
  [under, bundle] = await Promise.all([startAuth(), buildBundle()]);
});
afterAll(async () => {
  await bundle.remove();
  await under.close();
});

const kidsOf = async () => (await under.verifier.getJwks({})).keys.map(({ kid }) => kid);
async function rotateKeys(options: readonly string[] = [], settings: Record<string, string> = {}) {
  const { AUTH_GRPC_PORT: _, ...rest } = under.settings;
  const process = bundle.run('rotate-keys', { ...rest, ...settings }, options);
  return { ended: await process.ended, output: process.output() };
}

describe('rotate-keys', () => {
  it('makes the next key once, which the service publishes', async () => {
    const [first, again] = [await rotateKeys(), await rotateKeys()];
    expect(first).toEqual({ ended: 0, output: expect.stringMatching(/^tokens are signed with [\w-]{16} from \S+Z on, 10 minutes after it was made\n$/) });
    expect(again).toEqual(first);
    await until(async () => (await kidsOf()).length === 2);
  });

  it('needs no mail server, also where who signs up has to verify their email', async () => {
    const settings = { ...under.settings, AUTH_SIGNUP_VERIFICATION: 'required' };
    const rotating = bundle.run('rotate-keys', settings, ['--check-config']);
    const reconciling = bundle.run('reconcile', settings, ['--check-config']);
    expect([await rotating.ended, await reconciling.ended]).toEqual([0, 0]);
    const serving = bundle.run('serve', settings, ['--check-config']);
    expect([await serving.ended, serving.output()]).toEqual([1, expect.stringContaining('AUTH_SIGNUP_VERIFICATION')]);
    expect(await rotateKeys([], { AUTH_SIGNUP_VERIFICATION: 'required' })).toMatchObject({ ended: 0 });
  });

  const sealed = (keys: number, apps: number) => `keys that were sealed anew: ${keys}\nauthenticator apps that were sealed anew: ${apps}\n`;

  it('seals all keys and apps anew after AUTH_SECRET_KEY has changed, and says how many', async () => {
    const people = createPeopleWithFactors(under, { now: Date.now() });
    await people.withFactor();
    const { accessToken } = await people.signUp();
    await under.factorsOf(accessToken).enrollTotp({ displayName: 'not confirmed yet' });
    const before = under.settings.AUTH_SECRET_KEY!;
    const other = Buffer.alloc(32, 9).toString('base64');
    expect(await rotateKeys(['--reseal'], { AUTH_SECRET_KEY: other })).toMatchObject({ ended: 1 });
    const change = { AUTH_SECRET_KEY: other, AUTH_PREVIOUS_SECRET_KEYS: before };
    expect(await rotateKeys(['--reseal'], change)).toEqual({ ended: 0, output: sealed(2, 2) });
    expect(await rotateKeys(['--reseal'], change)).toEqual({ ended: 0, output: sealed(0, 0) });
    const back = { AUTH_SECRET_KEY: before, AUTH_PREVIOUS_SECRET_KEYS: `${other},${Buffer.alloc(32, 1).toString('base64')}` };
    expect(await rotateKeys(['--reseal'], back)).toEqual({ ended: 0, output: sealed(2, 2) });
  });

  it('seals the apps that it can open, however many, and names those that it cannot', async () => {
    const [first] = await under.database.query<{ id: string; userId: string }>({
      name: 'add-lost-factors',
      text: `insert into factors (id, user_id, kind, sealed_secret, confirm_time)
             select gen_random_uuid(), gen_random_uuid(), 'totp', '\\x00', now() from generate_series(1, 250) returning id, user_id as "userId"`,
    });
    const before = under.settings.AUTH_SECRET_KEY!;
    const other = Buffer.alloc(32, 9).toString('base64');
    const { ended, output } = await rotateKeys(['--reseal'], { AUTH_SECRET_KEY: other, AUTH_PREVIOUS_SECRET_KEYS: before });
    expect(ended).toBe(1);
    expect(output).toContain(sealed(2, 2));
    expect(output).toContain('250 authenticator apps were sealed with neither AUTH_SECRET_KEY nor one of AUTH_PREVIOUS_SECRET_KEYS');
    await under.database.query({
      name: 'remove-all-lost-factors-but-one',
      text: `delete from factors where sealed_secret = '\\x00' and id <> $1`,
      values: [first!.id],
    });
    const back = await rotateKeys(['--reseal'], { AUTH_SECRET_KEY: before, AUTH_PREVIOUS_SECRET_KEYS: other });
    expect(back).toEqual({ ended: 1, output: expect.stringContaining(`remove these apps: users/${first!.userId}/factors/${first!.id}\n`) });
    await under.database.query({ name: 'remove-lost-factor', text: 'delete from factors where id = $1', values: [first!.id] });
  });

  it('takes the current key out of use where it is told to', async () => {
    const { keys } = await under.verifier.getJwks({});
    const { ended, output } = await rotateKeys(['--withdraw-current']);
    expect([ended, output]).toEqual([0, expect.stringMatching(/^([\w-]{16}) is withdrawn: .*; [\w-]{16} signs now\n$/)]);
    const withdrawn = output.split(' ')[0]!;
    expect(keys.map(({ kid }) => kid)).toContain(withdrawn);
    await until(async () => !(await kidsOf()).includes(withdrawn));
  });

  it('says what is wrong with what it is told', async () => {
    expect(await rotateKeys(['--reseal', '--withdraw-current'])).toEqual({ ended: 1, output: expect.stringContaining('which of the two is meant?') });
    const wrong = await rotateKeys([], { AUTH_PREVIOUS_SECRET_KEYS: 'abc,def' });
    expect(wrong).toEqual({ ended: 1, output: expect.stringContaining('AUTH_PREVIOUS_SECRET_KEYS: must be keys of 32 bytes in base64, with commas between') });
    expect(wrong.output).not.toContain('abc');
  });
});
