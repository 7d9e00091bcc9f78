import { createRemoteKeys, createServiceTokens, createTokenVerifier } from '../src';
import { createTestIssuer } from '../src/testing';
import { generateKeyPair } from 'jose';

const realm = { issuer: 'https://gatehouse.test', audience: 'gatehouse' };
const person = { id: '018f0000-0000-7000-8000-000000000001' };
const closing: { close(): void }[] = [];
afterEach(() => closing.splice(0).forEach((keys) => keys.close()));

function fetchFrom(getJwks: Parameters<typeof createRemoteKeys>[0]['getJwks'], retryMs = 20) {
  const keys = createRemoteKeys({ getJwks, retryMs });
  closing.push(keys);
  return { keys, verifier: createTokenVerifier({ ...realm, service: 'user', keys }) };
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

describe('service tokens', () => {
  it('are made anew before they run out', async () => {
    const { privateKey } = await generateKeyPair('EdDSA');
    let now = Date.now();
    const token = createServiceTokens({ issuer: realm.issuer, service: 'auth', audience: 'user', signingKey: async () => ({ kid: 'k', privateKey }), now: () => now });
    const first = await token();
    now += 29_000;
    expect(await token()).toBe(first);
    now += 2_000;
    expect(await token()).not.toBe(first);
  });
});
