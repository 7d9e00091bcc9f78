import { AsyncLocalStorage } from 'node:async_hooks';
import { generateKeyPair } from 'jose';
import { createRemoteKeys, createServiceTokens, createTokenVerifier } from '../src';
import { createTestIssuer } from '../src/testing';

const realm = { issuer: 'https://gatehouse.test', audience: 'gatehouse' };
const person = { id: '018f0000-0000-7000-8000-000000000001' };
const closing: { close(): void }[] = [];
afterEach(() => closing.splice(0).forEach((keys) => keys.close()));

function fetchFrom(getJwks: Parameters<typeof createRemoteKeys>[0]['getJwks'], retryMs = 20) {
  const keys = createRemoteKeys({ getJwks, retryMs });
  closing.push(keys);
  return { keys, verifier: createTokenVerifier({ ...realm, service: 'user', keys, revocations: undefined }) };
}
const until = async (condition: () => boolean) => {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
};

describe('remote keys', () => {
  it('are asked for again until there are some; until then a token is not judged', async () => {
    const issuer = await createTestIssuer(realm);
    let reachable = false;
    const { keys, verifier } = fetchFrom(async () => {
      if (!reachable) throw new Error('connection refused');
      return issuer.jwks;
    });
    keys.start();
    const token = await issuer.accessToken(person);
    expect(keys.isReady()).toBe(false);
    await expect(verifier.verify(token)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    reachable = true;
    await until(keys.isReady);
    expect(await verifier.verify(token)).toMatchObject({ kind: 'user', id: person.id });
  });

  it('are fetched for an unknown key id, but not once a token', async () => {
    const first = await createTestIssuer(realm);
    const second = await createTestIssuer(realm);
    let jwks = first.jwks;
    let fetches = 0;
    const { keys, verifier } = fetchFrom(async () => {
      fetches++;
      return jwks;
    }, 100);
    keys.start();
    await until(keys.isReady);
    const foreign = await second.accessToken(person);
    for (let index = 0; index < 50; index++) await expect(verifier.verify(foreign)).rejects.toMatchObject({ reason: 'TOKEN_INVALID' });
    expect(fetches).toBe(1);
    jwks = { keys: [...first.jwks.keys, ...second.jwks.keys] };
    await new Promise((resolve) => setTimeout(resolve, 120));
    expect(await verifier.verify(foreign)).toMatchObject({ id: person.id });
    expect(fetches).toBe(2);
  });
});

describe('remote keys in use', () => {
  it('are fetched on behalf of nobody, for everyone who waits', async () => {
    const first = await createTestIssuer(realm);
    const second = await createTestIssuer(realm);
    const calls = new AsyncLocalStorage<string>();
    const fetchedIn: unknown[] = [];
    const { keys, verifier } = fetchFrom(async () => {
      fetchedIn.push(calls.getStore());
      return { keys: fetchedIn.length === 1 ? first.jwks.keys : second.jwks.keys };
    }, 1);
    keys.start();
    await until(keys.isReady);
    await new Promise((resolve) => setTimeout(resolve, 5));
    const token = await second.accessToken(person);
    const verdicts = ['one', 'two', 'three'].map((call) => calls.run(call, () => verifier.verify(token)));
    for (const principal of await Promise.all(verdicts)) expect(principal).toMatchObject({ id: person.id });
    expect(fetchedIn).toEqual([undefined, undefined]);
  });

  it('answer at once while the first fetch hangs', async () => {
    const { keys, verifier } = fetchFrom(() => new Promise(() => undefined));
    keys.start();
    await expect(verifier.verify(await (await createTestIssuer(realm)).accessToken(person))).rejects.toMatchObject({ reason: 'UNAVAILABLE' });
  });

  it('are fetched again soon after a refresh that failed, which leaves them in use', async () => {
    const issuer = await createTestIssuer(realm);
    let fetches = 0;
    const failures: unknown[] = [];
    const getJwks = async () => {
      if (++fetches === 2) throw new Error('connection refused');
      return issuer.jwks;
    };
    const keys = createRemoteKeys({ getJwks, refreshMs: 500, retryMs: 5, onError: (error) => failures.push(error) });
    closing.push(keys);
    keys.start();
    await until(() => failures.length === 1);
    const failedAt = Date.now();
    expect(keys.isReady()).toBe(true);
    await until(() => fetches >= 3);
    expect(Date.now() - failedAt).toBeLessThan(400);
  });

  it('are asked for twice when one was withdrawn: who answers first may know it still', async () => {
    const issuer = await createTestIssuer(realm);
    const answers = [issuer.jwks, issuer.jwks, { keys: [] }];
    let fetches = 0;
    const keys = createRemoteKeys({ getJwks: async () => answers[Math.min(fetches++, 2)]!, retryMs: 5 });
    closing.push(keys);
    keys.start();
    await until(keys.isReady);
    keys.refresh();
    await until(() => !keys.isReady());
    expect(fetches).toBeGreaterThanOrEqual(3);
  });

  it('are no longer asked for after close, also when that comes during a fetch', async () => {
    let fetches = 0;
    const { keys } = fetchFrom(async () => {
      if (++fetches === 2) keys.close();
      return { keys: [] };
    }, 5);
    keys.start();
    await until(() => fetches >= 2);
    await new Promise((resolve) => setTimeout(resolve, 40));
    expect(fetches).toBe(2);
  });

  it('that are withdrawn end the tokens that were verified with them, which are to be renewed', async () => {
    const old = await createTestIssuer(realm);
    const next = await createTestIssuer(realm);
    let jwks = old.jwks;
    const keys = createRemoteKeys({ getJwks: async () => jwks, refreshMs: 10, retryMs: 10 });
    closing.push(keys);
    keys.start();
    await until(keys.isReady);
    const verifier = createTokenVerifier({ ...realm, service: 'user', keys, revocations: undefined });
    const token = await old.accessToken(person);
    await verifier.verify(token);
    await verifier.verify(token);
    jwks = next.jwks;
    const verdict = () =>
      verifier.verify(token).then(
        () => 'OK',
        (error) => error.reason,
      );
    for (const end = Date.now() + 5_000; (await verdict()) === 'OK' && Date.now() < end;) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(await verdict()).toBe('TOKEN_EXPIRED');
  });
});

describe('a token that was verified before', () => {
  it('is told by its time alone when it expires', async () => {
    const issuer = await createTestIssuer(realm);
    let now = Date.now();
    const verifier = createTokenVerifier({ ...realm, service: 'user', keys: issuer.keys, revocations: undefined, now: () => now });
    const token = await issuer.accessToken({ ...person, expiresInSeconds: 60 });
    const principal = await verifier.verify(token);
    expect(await verifier.verify(token)).toBe(principal);
    now += 66_000;
    await expect(verifier.verify(token)).rejects.toMatchObject({ reason: 'TOKEN_EXPIRED' });
  });
});

describe('service tokens', () => {
  it('are made anew before they run out', async () => {
    const { privateKey } = await generateKeyPair('EdDSA');
    let now = Date.now();
    const token = createServiceTokens({
      issuer: realm.issuer,
      service: 'auth',
      audience: 'user',
      signingKey: async () => ({ kid: 'k', privateKey }),
      now: () => now,
    });
    const first = await token();
    now += 29_000;
    expect(await token()).toBe(first);
    now += 2_000;
    expect(await token()).not.toBe(first);
  });
});
