import { CompactEncrypt, CompactSign, exportJWK, exportSPKI, FlattenedSign, generateKeyPair, SignJWT } from 'jose';
import { createHmac } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  type ForgeryRow,
  claims,
  createObservedVerifier,
  encode,
  foreign,
  forge,
  kid,
  now,
  own,
  parts,
  privateKey,
  publicKey,
  toForgeries,
  x,
} from './forged-tokens';

// what RFC 8725 §2 and OWASP ASVS 5.0 V9 warn of; each is signed by the right key, where a key of ours could sign it at all
const visits: string[] = [];
const listener = createServer((request, response) => {
  visits.push(request.url ?? '');
  response.end('{"keys":[]}');
});
let place = '';
let seen: Awaited<ReturnType<typeof createObservedVerifier>>;
beforeAll(async () => {
  seen = await createObservedVerifier();
  await new Promise<void>((done) => listener.listen(0, '127.0.0.1', done));
  place = `http://127.0.0.1:${(listener.address() as AddressInfo).port}/keys`;
});
afterAll(() => new Promise((done) => listener.close(done)));

const text = (value: object) => JSON.stringify(value);
const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);
/** The same octets, written with bits that are left over. */
const withLeftoverBits = (part: string) => {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  return part.slice(0, -1) + alphabet[alphabet.indexOf(part.at(-1)!) + 1]!;
};

/** What is refused by its form: no key is asked for, so nothing can be fetched for it. */
const forgeries = toForgeries([
  ['alg none, without a signature', () => `${encode({ ...own, alg: 'none' })}.${encode(claims)}.`],
  ['alg none, in another case', () => `${encode({ ...own, alg: 'nOnE' })}.${encode(claims)}.`],
  ['alg none, under a signature that is right', () => forge({ ...own, alg: 'none' })],
  ...[() => Buffer.from(x, 'base64url'), () => x, () => exportSPKI(publicKey as never)].map((secret, index): ForgeryRow => [
    `alg HS256 with our public key as the secret (${['its bytes', 'its JWK', 'its PEM'][index]})`,
    async (): Promise<string> => {
      const content = `${encode({ ...own, alg: 'HS256' })}.${encode(claims)}`;
      return `${content}.${createHmac('sha256', await secret())
        .update(content)
        .digest('base64url')}`;
    },
  ]),
  [
    'alg RS256 under our key id',
    async () => new SignJWT(claims).setProtectedHeader({ ...own, alg: 'RS256' }).sign((await generateKeyPair('RS256')).privateKey),
  ],
  [
    'alg ES256 under our key id',
    async () => new SignJWT(claims).setProtectedHeader({ ...own, alg: 'ES256' }).sign((await generateKeyPair('ES256')).privateKey),
  ],
  ['alg Ed25519, the other name of ours', () => forge({ ...own, alg: 'Ed25519' })],
  ['no alg', () => forge({ typ: own.typ, kid })],
  ['no kid', () => forge({ alg: own.alg, typ: own.typ })],
  ['a kid that is a number', () => forge({ ...own, kid: 1 })],
  ['a kid that is an empty text', () => forge({ ...own, kid: '' })],
  ['a kid that is a path', () => forge({ ...own, kid: '../../../dev/null' })],
  ['a kid that is SQL', () => forge({ ...own, kid: "' union select 'x' --" })],
  ['a kid with a line break', () => forge({ ...own, kid: `${kid}\nlevel=error` })],
  ['a kid of 10,000 characters', () => forge({ ...own, kid: 'k'.repeat(10_000) })],
  ['a key of its own in jwk', async () => forge({ ...own, jwk: await exportJWK(foreign.publicKey) }, claims, foreign.privateKey)],
  ['jwk, though our key signed it', async () => forge({ ...own, jwk: await exportJWK(publicKey) })],
  ['jku', () => forge({ ...own, jku: place }, claims, foreign.privateKey)],
  ['x5u', () => forge({ ...own, x5u: place }, claims, foreign.privateKey)],
  ['x5c', () => forge({ ...own, x5c: ['MIIB'] })],
  ['crit', () => forge({ ...own, crit: ['exp'], exp: now })],
  ['b64 false', () => forge({ ...own, b64: false, crit: ['b64'] })],
  ['zip', () => forge({ ...own, zip: 'DEF' })],
  ['cty JWT, a token within a token', () => forge({ ...own, cty: 'JWT' }, text(claims))],
  ['typ JWT', () => forge({ ...own, typ: 'JWT' })],
  ['no typ', () => forge({ alg: own.alg, kid })],
  ['typ in another case', () => forge({ ...own, typ: 'AT+JWT' })],
  ['typ as a media type', () => forge({ ...own, typ: 'application/at+jwt' })],
  ['an alg that comes twice', () => forge(`{"alg":"none","alg":"EdDSA","typ":"at+jwt","kid":"${kid}"}`)],
  ['a kid that comes twice', () => forge(`{"alg":"EdDSA","typ":"at+jwt","kid":"other","kid":"${kid}"}`)],
  ['a sub that comes twice', () => forge(own, text(claims).replace('{', '{"sub":"somebody",'))],
  ['an exp that comes twice', () => forge(own, text(claims).replace('{', `{"exp":${now + 10},`))],
  ['a header with spaces in its JSON', () => forge(text(own).replaceAll(':', ': '))],
  ['a header that is a list', () => forge(text([own]))],
  ['a header that is null', () => forge('null')],
  ['a header that is not JSON', () => forge('alg=EdDSA')],
  ['a header with a byte order mark', () => forge(`\u{feff}${text(own)}`)],
  [
    'claims that are not UTF-8',
    () =>
      parts()
        .with(1, encode(Buffer.from([0x7b, 0xff, 0x7d])))
        .join('.'),
  ],
  ['claims that are a text', () => forge(own, '"sub"')],
  ['claims that are nested 4,000 deep', () => forge(own, nested(4_000))],
  ['a claim that is nested 4,000 deep, written otherwise', () => forge(own, text(claims).replace('{', `{ "deep":${nested(4_000)},`))],
  [
    'a signature with bits left over',
    () =>
      parts()
        .map((part, index) => (index === 2 ? withLeftoverBits(part) : part))
        .join('.'),
  ],
  [
    'a header with bits left over',
    () =>
      forge({ ...own, kid: 'k1' })
        .split('.')
        .map((part, index) => (index === 0 ? withLeftoverBits(part) : part))
        .join('.'),
  ],
  ['padding', () => `${forge(own)}==`],
  [
    'padding in the header',
    () =>
      parts()
        .map((part, index) => (index ? part : `${part}=`))
        .join('.'),
  ],
  [
    'base64 in the place of base64url',
    () =>
      parts()
        .with(2, `${'+'.repeat(2)}${parts()[2].slice(2)}`)
        .join('.'),
  ],
  ['a space before it', () => ` ${forge(own)}`],
  ['a line break behind it', () => `${forge(own)}\n`],
  ['a NUL in it', () => forge(own).replace('.', '\0.')],
  ['a letter of another alphabet in it', () => forge(own).replace('e', '\u{435}')],
  ['1 MB of claims', () => forge(own, { ...claims, more: 'x'.repeat(1_000_000) })],
  ['1 MB of nothing', () => 'a'.repeat(1_000_000)],
  ['1 MB of dots', () => '.'.repeat(1_000_000)],
  ['no text', () => ''],
  ['no header', () => parts().with(0, '').join('.')],
  ['no claims', () => parts().with(1, '').join('.')],
  ['no signature', () => parts().with(2, '').join('.')],
  ['no signature and no dot before it', () => parts().slice(0, 2).join('.')],
  ['half a signature', () => parts().with(2, parts()[2].slice(0, 43)).join('.')],
  ['four parts', () => `${forge(own)}.${parts()[2]}`],
  [
    'five parts: a JWE for a secret',
    () => new CompactEncrypt(Buffer.from(text(claims))).setProtectedHeader({ alg: 'dir', enc: 'A256GCM', typ: 'at+jwt', kid }).encrypt(new Uint8Array(32)),
  ],
  ['five parts under our header', () => [...parts(), 'AA', 'AA'].join('.')],
  ['the JSON serialization', async () => text(await new FlattenedSign(Buffer.from(text(claims))).setProtectedHeader(own).sign(privateKey))],
  [
    'a detached payload',
    async () => (await new CompactSign(Buffer.from(text(claims))).setProtectedHeader(own).sign(privateKey)).split('.').with(1, '').join('.'),
  ],
]);

describe('by its form, without asking for a key, a token is refused with', () => {
  it.each(forgeries)('$what', async ({ make, reason }) => {
    expect((await seen.refusalOf(await make())).reason).toBe(reason);
    expect(seen.asked).toEqual([]);
  });

  it('a place to fetch keys from, where nobody was', () => expect(visits).toEqual([]));
});
