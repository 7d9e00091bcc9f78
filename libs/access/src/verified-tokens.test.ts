import { generateKeyPair } from 'jose';
import { createVerifiedTokens, type VerifiedToken } from './verified-tokens';

describe('verified tokens', () => {
  let now = 0;
  let verified: VerifiedToken;
  beforeAll(async () => {
    const { publicKey } = await generateKeyPair('EdDSA');
    verified = { kid: 'k', key: publicKey, principal: { kind: 'service', name: 'auth', expiresAt: 60 }, marks: { keyId: 'k' } };
  });

  it('are known until the second in which they expire', () => {
    const tokens = createVerifiedTokens({ max: 10, now: () => now });
    tokens.add('a', verified);
    now = 59_999;
    expect(tokens.find('a')).toBe(verified);
    expect(tokens.find('b')).toBeUndefined();
    now = 60_000;
    expect(tokens.find('a')).toBeUndefined();
  });

  it('are never more than the limit: the oldest leaves', () => {
    now = 0;
    const tokens = createVerifiedTokens({ max: 2, now: () => now });
    for (const token of ['a', 'b', 'c']) tokens.add(token, verified);
    expect(tokens.find('a')).toBeUndefined();
    expect(tokens.find('b')).toBe(verified);
    expect(tokens.find('c')).toBe(verified);
  });
});
