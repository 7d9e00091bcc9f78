import { sign as signBytes } from 'node:crypto';
import { toBearerToken } from '../src';
import { ada, claims, createObservedVerifier, encode, foreign, forge, now, own, parts, privateKey, service, toForgeries } from './forged-tokens';

let seen: Awaited<ReturnType<typeof createObservedVerifier>>;
beforeEach(async () => {
  seen = await createObservedVerifier();
});
const without = (name: keyof typeof claims) => ({ ...claims, [name]: undefined });

/** What is well-formed, and refused for its key or for what it says. */
const forgeries = toForgeries([
  ['a key that is not ours', () => forge({ ...own, kid: 'key-2' }, claims, foreign.privateKey)],
  ['the key id of an object that has every name', () => forge({ ...own, kid: '__proto__' }, claims, foreign.privateKey)],
  ['a foreign key under our key id', () => forge(own, claims, foreign.privateKey)],
  [
    'claims of another token',
    () =>
      parts()
        .with(1, encode({ ...claims, permissions: ['everything'] }))
        .join('.'),
  ],
  [
    'a signature of zeros',
    () =>
      parts()
        .with(2, encode(Buffer.alloc(64)))
        .join('.'),
  ],
  [
    'the signature of the claims alone',
    () =>
      parts()
        .with(2, signBytes(null, Buffer.from(encode(claims)), privateKey).toString('base64url'))
        .join('.'),
  ],
  ['another issuer', () => forge(own, { ...claims, iss: 'https://evil.test' })],
  ['an issuer that begins like ours', () => forge(own, { ...claims, iss: `${claims.iss}.evil.test` })],
  ['a list of issuers', () => forge(own, { ...claims, iss: [claims.iss, 'https://evil.test'] })],
  ['no issuer', () => forge(own, without('iss'))],
  ['another audience', () => forge(own, { ...claims, aud: 'other' })],
  ['the audience of a service', () => forge(own, { ...claims, aud: 'user' })],
  ['an empty list of audiences', () => forge(own, { ...claims, aud: [] })],
  ['no audience', () => forge(own, without('aud'))],
  ['no subject', () => forge(own, without('sub'))],
  ['a subject that is an object', () => forge(own, { ...claims, sub: { id: ada } })],
  ['an empty subject', () => forge(own, { ...claims, sub: '' })],
  ['no session', () => forge(own, without('sid'))],
  ['permissions that are a text', () => forge(own, { ...claims, permissions: 'users.read' })],
  ['no expiry', () => forge(own, without('exp'))],
  ['an expiry that is a text', () => forge(own, { ...claims, exp: String(now + 900) })],
  ['no time of issue', () => forge(own, without('iat'))],
  ['a time of issue in the future', () => forge(own, { ...claims, iat: now + 6 })],
  ['a start in the future', () => forge(own, { ...claims, nbf: now + 6 })],
  ['a start that is a text', () => forge(own, { ...claims, nbf: '0' })],
  ['an access token that says it is a service token', () => forge({ ...own, typ: 'svc+jwt' })],
  ['a service token that says it is an access token', () => forge(own, service)],
  ['a service token for another service', () => forge({ ...own, typ: 'svc+jwt' }, { ...service, aud: 'auth' })],
  ['an expiry six seconds ago', () => forge(own, { ...claims, iat: now - 900, exp: now - 6 }), 'TOKEN_EXPIRED'],
  ['an expiry in 1970', () => forge(own, { ...claims, iat: 0, exp: 1 }), 'TOKEN_EXPIRED'],
  ['an expiry six seconds ago, as a service token', () => forge({ ...own, typ: 'svc+jwt' }, { ...service, iat: now - 66, exp: now - 6 }), 'TOKEN_EXPIRED'],
]);

describe('by its key or by what it says, a token is refused with', () => {
  it.each(forgeries)('$what, and nothing of it is told', async ({ make, reason }) => {
    const token = await make();
    const refusal = await seen.refusalOf(token);
    expect(refusal.reason).toBe(reason);
    expect(seen.asked).toHaveLength(1);
    for (const secret of [...token.split('.'), ada, claims.sid, 'everything']) expect(refusal.shown).not.toContain(secret);
  });
});

describe('a token that is ours', () => {
  it.each([
    ['as it is signed', claims],
    ['of a clock five seconds ahead', { ...claims, iat: now + 5, nbf: now + 5 }],
    ['that expired four seconds ago by our clock', { ...claims, iat: now - 900, exp: now - 4 }],
    ['for several audiences, one of which we are', { ...claims, aud: [claims.aud, 'other'] }],
    ['of many permissions', { ...claims, permissions: Array.from({ length: 300 }, (_, index) => `things.permission${index}`) }],
  ])('%s is taken', async (_what, payload) => {
    expect(await seen.verifier.verify(forge(own, payload))).toMatchObject({ kind: 'user', id: ada, sessionId: 'session-of-ada' });
  });

  it('for a service is taken by that service', async () => {
    expect(await seen.verifier.verify(forge({ ...own, typ: 'svc+jwt' }, service))).toMatchObject({ kind: 'service', name: 'auth' });
  });

  it('is not taken from a header that could be read in two ways', () => {
    for (const value of ['Bearer a b', 'Bearer a,Bearer b', 'Bearer\ta', 'Bearer "a"', 'Bearer  ']) expect(() => toBearerToken(value)).toThrow();
  });
});
