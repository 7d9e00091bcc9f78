import { createTokenVerifier, importKeys } from '@gatehouse/access';
import { KeyServiceDefinition, descriptorSet as authContract, SigningKeyState } from '@gatehouse/contracts/auth';
import type { Queryable } from '@gatehouse/postgres';
import { createChannel, createClient } from '@gatehouse/rpc';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { randomUUID } from 'node:crypto';
import { listSigningKeys } from '../src/postgres/signing-key-repository';
import { createKeyRotation } from '../src/tokens/key-rotation';
import { createSigningKeys } from '../src/tokens/signing-keys';
import { type AuthUnderTest, startAuth, type StartOptions, until, verdictOf } from './auth-under-test';

const password = 'correct horse battery';
const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** Replicas on a database of their own, and an administrator who may look after keys. */
async function start(count = 1, options: StartOptions = {}) {
  const first = await startAuth(options);
  closing.push(first.close);
  const begin = (more: StartOptions = options) => startAuth({ beside: first, ...more });
  const replicas = [first, ...(await Promise.all(Array.from({ length: count - 1 }, () => begin())))];
  const keysOf = async (under: AuthUnderTest, permissions: readonly string[] = ['keys.manage']) => {
    const token = await under.issuer.accessToken({ id: randomUUID(), permissions });
    const channel = createChannel({ target: `127.0.0.1:${under.app.grpcPort}`, descriptorSets: [authContract] });
    first.alsoClose.push(() => channel.close());
    return createClient(KeyServiceDefinition, channel, { credentials: async () => token });
  };
  return { replicas, first, begin, keysOf, keys: await keysOf(first) };
}

const kidsOf = async ({ verifier }: AuthUnderTest) => (await verifier.getJwks({})).keys.map(({ kid }) => kid);
const signerOf = async (under: AuthUnderTest) => {
  let token = '';
  // `user` asks for a key that it does not know, once a second at most
  await until(async () => {
    const answer = await under.auth.signUp({ email: `${randomUUID()}@example.com`, password }).catch((error) => {
      if (error.reason !== 'UNAVAILABLE') throw error;
    });
    token = answer?.accessToken ?? '';
    return token !== '';
  });
  return { token, kid: decodeProtectedHeader(token).kid! };
};
const stateOf = ({ state }: { state: SigningKeyState }) => SigningKeyState[state]!.replace('SIGNING_KEY_STATE_', '');
/** Makes it later: moves all that has happened to keys into the past. */
const pass = (under: AuthUnderTest, seconds: number) =>
  under.database.query({
    name: 'pass-time',
    text: `update signing_keys set activate_time = activate_time - $1 * interval '1 second', withdraw_time = withdraw_time - $1 * interval '1 second'`,
    values: [seconds],
  });
const verdictWithKeysOf = async (under: AuthUnderTest, token: string) => {
  const keys = await importKeys(await under.verifier.getJwks({}));
  const { GATEHOUSE_ISSUER: issuer, GATEHOUSE_AUDIENCE: audience } = under.config;
  return verdictOf(
    createTokenVerifier({
      issuer,
      audience,
      service: 'user',
      keys: { find: async (kid) => keys.get(kid), isReady: () => true },
      revocations: undefined,
    }).verify(token),
  );
};

it('is published for ten minutes before it signs, everywhere; the one before is known until its tokens have expired', async () => {
  const { replicas, first, keys } = await start(3);
  const old = await signerOf(first);
  const { key } = await keys.rotateSigningKey({});
  expect(key).toMatchObject({ state: SigningKeyState.SIGNING_KEY_STATE_NEXT });
  expect((key!.activateTime!.getTime() - key!.createTime!.getTime()) / 1_000).toBeCloseTo(600, 0);
  for (const each of replicas) {
    await until(async () => (await kidsOf(each)).includes(key!.kid));
    expect((await signerOf(each)).kid).toBe(old.kid);
  }

  await pass(first, 601);
  for (const each of replicas) {
    await until(async () => (await signerOf(each)).kid === key!.kid);
    expect(await verdictWithKeysOf(each, old.token)).toBe('OK');
  }
  expect((await keys.listSigningKeys({})).keys.map((each) => [each.kid, stateOf(each)])).toEqual([
    [key!.kid, 'CURRENT'],
    [old.kid, 'RETIRED'],
  ]);

  await first.app.keyRotation.maintain();
  expect(await kidsOf(first)).toContain(old.kid);
  await pass(first, 900 + 301);
  await first.app.keyRotation.maintain();
  for (const each of replicas) await until(async () => !(await kidsOf(each)).includes(old.kid));
});

it('is made by schedule, one by however many replicas, and not before it is time', async () => {
  const { replicas, first } = await start(4, { settings: { AUTH_SIGNING_KEY_ROTATION_DAYS: '1' } });
  const maintain = () => Promise.all(replicas.map(({ app }) => app.keyRotation.maintain()));
  await pass(first, 86_400 - 660);
  await maintain();
  expect(await kidsOf(first)).toHaveLength(1);
  await pass(first, 120);
  await maintain();
  await maintain();
  expect(await kidsOf(first)).toHaveLength(2);
});

it('is not made by schedule where the schedule is 0', async () => {
  const { first } = await start(1, { settings: { AUTH_SIGNING_KEY_ROTATION_DAYS: '0' } });
  await pass(first, 3_650 * 86_400);
  await first.app.keyRotation.maintain();
  expect(await kidsOf(first)).toHaveLength(1);
});

it('is the same when it is asked for by many at once', async () => {
  const { replicas, keysOf, first } = await start(3);
  const clients = await Promise.all(replicas.map((each) => keysOf(each)));
  const made = await Promise.all([...clients, ...clients].map((keys) => keys.rotateSigningKey({})));
  expect(new Set(made.map(({ key }) => key!.kid)).size).toBe(1);
  expect(await kidsOf(first)).toHaveLength(2);
});

it('that is withdrawn leaves the set and signs no more, and what it signed is refused, within a second or two', async () => {
  const { replicas, first, keys, begin } = await start(2);
  const old = await signerOf(first);
  const { key } = await keys.withdrawSigningKey({ kid: old.kid });
  expect(stateOf(key!)).toBe('WITHDRAWN');
  expect(key!.withdrawTime).toBeInstanceOf(Date);
  for (const each of replicas) {
    await until(async () => !(await kidsOf(each)).includes(old.kid));
    expect(await verdictWithKeysOf(each, old.token)).toBe('UNAUTHENTICATED TOKEN_INVALID');
    expect((await signerOf(each)).kid).not.toBe(old.kid);
  }
  const [row] = await first.database.query<{ length: number }>({
    name: 'read-withdrawn',
    text: 'select length(sealed_private_key) from signing_keys where kid = $1',
    values: [old.kid],
  });
  expect(row).toEqual({ length: 0 });
  // nor does it come back with a restart
  const later = await begin();
  expect(await kidsOf(later)).toEqual(await kidsOf(first));
  await pass(first, 900 + 301);
  await first.app.keyRotation.maintain();
  expect(await first.app.keyRotation.list()).toHaveLength(1);
});

it('that waits takes over at once where the current one is withdrawn, and several who withdraw one leave one', async () => {
  const { first, replicas, keysOf, keys } = await start(2);
  const { key: next } = await keys.rotateSigningKey({});
  const { kid } = await signerOf(first);
  const clients = await Promise.all(replicas.map((each) => keysOf(each)));
  const verdicts = await Promise.all([...clients, ...clients].map((each) => verdictOf(each.withdrawSigningKey({ kid }))));
  // who comes later is told that their own token is not valid any more
  expect(verdicts).toContain('OK');
  expect(new Set(verdicts.filter((verdict) => verdict !== 'OK' && verdict !== 'UNAUTHENTICATED TOKEN_INVALID'))).toEqual(new Set());
  await until(async () => (await kidsOf(replicas[1]!)).length === 1);
  for (const each of replicas) expect((await signerOf(each)).kid).toBe(next!.kid);
});

it('that waits may be withdrawn, and the current one goes on', async () => {
  const { first, keys } = await start();
  const { key } = await keys.rotateSigningKey({});
  await keys.withdrawSigningKey({ kid: key!.kid });
  await pass(first, 700);
  await first.app.keyRotation.maintain();
  const { kid } = await signerOf(first);
  expect(kid).not.toBe(key!.kid);
  expect(await kidsOf(first)).toEqual([kid]);
  expect((await keys.listSigningKeys({})).keys.map(stateOf).sort()).toEqual(['CURRENT', 'WITHDRAWN']);
});

it('is withdrawn together with what has to happen with that, or not at all', async () => {
  const { first } = await start();
  const signingKeys = createSigningKeys(first.database, [first.config.AUTH_SECRET_KEY]);
  const { kid } = await signingKeys.signingKey();
  const security = { raise: () => {} };
  let isBroken = true;
  const told: string[] = [];
  const onWithdrawn = async (tx: Queryable, id: string) => {
    if (isBroken) throw new Error('it could not be told');
    const keys = await listSigningKeys(tx);
    told.push(`${keys.find((key) => key.kid === id)!.phase} ${id}`);
  };
  const rotation = createKeyRotation({ database: first.database, signingKeys, security, rotationDays: 0, tokenSeconds: 900, onWithdrawn });
  await expect(rotation.withdraw(kid)).rejects.toThrow('it could not be told');
  expect((await rotation.list()).map((key) => [key.kid, key.phase])).toEqual([[kid, 'current']]);
  isBroken = false;
  await rotation.withdraw(kid);
  await rotation.withdraw(kid);
  expect(told).toEqual([`withdrawn ${kid}`]);
});

it('can be asked for by who may, and is told to nobody else', async () => {
  const { first, keysOf, keys } = await start();
  const stranger = await keysOf(first, ['users.read']);
  for (const call of [stranger.listSigningKeys({}), stranger.rotateSigningKey({}), stranger.withdrawSigningKey({ kid: 'x' })])
    expect(await verdictOf(call)).toBe('PERMISSION_DENIED PERMISSION_DENIED');
  expect(await verdictOf(keys.withdrawSigningKey({ kid: 'nobody' }))).toBe('NOT_FOUND SIGNING_KEY_NOT_FOUND');
  expect(await verdictOf(keys.withdrawSigningKey({ kid: '../x' }))).toBe('INVALID_ARGUMENT VALIDATION_FAILED');
});

it('is opened by AUTH_SECRET_KEY or one of AUTH_PREVIOUS_SECRET_KEYS, and sealed under the first when keys are rotated', async () => {
  const { first, begin, keysOf } = await start();
  const { kid } = await signerOf(first);
  const secrets = { AUTH_SECRET_KEY: Buffer.alloc(32, 9).toString('base64'), AUTH_PREVIOUS_SECRET_KEYS: first.settings.AUTH_SECRET_KEY! };
  const alone = { AUTH_SECRET_KEY: secrets.AUTH_SECRET_KEY };
  expect(await verdictOf(createSigningKeys(first.database, [Buffer.alloc(32, 9)]).signingKey())).toBe('UNAVAILABLE UNAVAILABLE');
  const both = await begin({ settings: secrets });
  expect((await signerOf(both)).kid).toBe(kid);
  await (await keysOf(both)).rotateSigningKey({});
  const renewed = await begin({ settings: alone });
  await until(async () => (await renewed.readyz()) === 200);
  expect((await signerOf(renewed)).kid).toBe(kid);
});

it('of a process of the last release, which knows no phases, is taken as current', async () => {
  const { first } = await start();
  const [kid] = await kidsOf(first);
  const { sealing } = createSigningKeys(first.database, [first.config.AUTH_SECRET_KEY]);
  const key = await sealing.make();
  await first.database.query({
    name: 'insert-as-0.1.0-does',
    text: 'insert into signing_keys (kid, public_key, sealed_private_key) values ($1, $2, $3)',
    values: [key.kid, key.publicKey, key.sealedPrivateKey],
  });
  await until(async () => (await signerOf(first)).kid === key.kid);
  expect(await kidsOf(first)).toEqual([key.kid, kid]);
});

describe('the life of an access token', () => {
  it('is shortened at random, a tenth of it at most, and its answer says what it is', async () => {
    const { first } = await start(1, { settings: { AUTH_ACCESS_TOKEN_SECONDS: '400', AUTH_ACCESS_TOKEN_JITTER_SECONDS: '60' } });
    let { refreshToken } = await first.auth.signUp({ email: 'jitter@example.com', password });
    const lives = new Set<number>();
    for (let index = 0; index < 30; index++) {
      const answer = await first.auth.refresh({ refreshToken: refreshToken! });
      const { exp, iat } = decodeJwt(answer.accessToken!);
      expect(exp! - iat!).toBe(answer.expiresIn);
      lives.add(answer.expiresIn!);
      refreshToken = answer.refreshToken;
    }
    expect(Math.max(...lives)).toBeLessThanOrEqual(400);
    expect(Math.min(...lives)).toBeGreaterThanOrEqual(360);
    expect(lives.size).toBeGreaterThan(3);
  });
});
