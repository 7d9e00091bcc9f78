import { findTotpStep, toTotpTexts } from './totp';

// RFC 6238, Appendix B, by HMAC-SHA-1: the last six of its eight digits
const secret = Buffer.from('12345678901234567890');
const vectors: readonly (readonly [seconds: number, code: string])[] = [
  [59, '287082'],
  [1_111_111_109, '081804'],
  [1_111_111_111, '050471'],
  [1_234_567_890, '005924'],
  [2_000_000_000, '279037'],
  [20_000_000_000, '353130'],
];

it('codes are those of RFC 6238, and belong to the step that they were made in', () => {
  for (const [seconds, code] of vectors) expect([code, findTotpStep(secret, code, seconds * 1_000)]).toEqual([code, Math.floor(seconds / 30)]);
});

it('a code is known one step later and earlier by its own step, and no further away', () => {
  const at = (seconds: number) => findTotpStep(secret, '279037', (2_000_000_000 + seconds) * 1_000);
  const step = Math.floor(2_000_000_000 / 30);
  expect([at(-60), at(-30), at(0), at(30), at(60)]).toEqual([undefined, step, step, step, undefined]);
});

it('a secret is written as apps read it, whatever the names have in them', () => {
  const { secret: base32, uri } = toTotpTexts(secret, { issuer: 'Müller & Co', account: 'ada+1@example.com' });
  expect(base32).toBe('GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ');
  const url = new URL(uri);
  expect([url.protocol, url.host, decodeURIComponent(url.pathname), url.searchParams.get('issuer'), url.searchParams.get('secret')]).toEqual([
    'otpauth:',
    'totp',
    '/Müller & Co:ada+1@example.com',
    'Müller & Co',
    base32,
  ]);
});
