import { createHash } from 'node:crypto';
import { createPasswords } from '../../passwords/passwords';
import type { ForeignHashFamily } from './foreign-hash';
import { deriveScryptKey } from './scrypt-key';
import { parseForeignHash } from './parse-foreign-hash';
import { isForeignHash, toStoredHash } from './stored-hash';

const base64 = (hex: string) => Buffer.from(hex, 'hex').toString('base64');
const { verify, isOld } = createPasswords();

const sha = (name: string, ...parts: string[]) => createHash(name).update(parts.join('')).digest();
const ldap = (scheme: string, name: string) => `${scheme}${Buffer.concat([sha(name, 'pencil', 'salty'), Buffer.from('salty')]).toString('base64')}`;
const formatted = (name: string, format: string) =>
  `$${name}$pf=${btoa(format)}$${btoa('salty')}$${sha(name, format.replace('{SALT}', 'salty').replace('{PASSWORD}', 'pencil')).toString('base64')}`;
const firebase = {
  salt: '42xEC+ixf3L2lw==',
  separator: 'Bw==',
  signerKey: 'jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA==',
  hash: 'lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ==',
};

/** What others published, or a plain computation gives: where from, family, password, hash. */
const samples: readonly (readonly [from: string, family: ForeignHashFamily, password: string, hash: string])[] = [
  ['the test of OpenBSD, 2a', 'bcrypt', 'abc', '$2a$06$If6bvum7DFjUnE9p2uDeDu0YHzrHM6tf.iqN8.yx.jNN1ILEf7h0i'],
  ['the test of OpenBSD, 2b', 'bcrypt', 'a', '$2b$06$m0CrhHm10qJ3lXRY.5zDGO3rS2KdeeWLuGmsfGlMfOxih58VYVfxe'],
  ['the test of OpenBSD as PHP writes it', 'bcrypt', 'abc', '$2y$06$If6bvum7DFjUnE9p2uDeDu0YHzrHM6tf.iqN8.yx.jNN1ILEf7h0i'],
  ["Argon2's own tests, 2i", 'argon2', 'password', '$argon2i$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$wWKIMhR9lyDFvRz9YTZweHKfbftvj+qf+YFY4NeBbtA'],
  ["Argon2's own tests, version 16", 'argon2', 'password', '$argon2i$m=65536,t=2,p=1$c29tZXNhbHQ$9sTbSlTio3Biev89thdrlKKiCaYsjjYVJxGAL3swxpQ'],
  [
    "Argon2's own tests, 2id as Django writes it",
    'argon2',
    'password',
    'argon2$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc',
  ],
  ['a run of 2d', 'argon2', 'pw', '$argon2d$v=16$m=64,t=3,p=4$Zt5GVK3P0VjV7w7CpiqAYg$CfImD1fvSf495n6V60DSCUGMxOyjOySdugqpcYBuWgE'],
  [
    'RFC 7914 §12',
    'scrypt',
    'pleaseletmein',
    `$scrypt$ln=14,r=8,p=1$${btoa('SodiumChloride')}$${base64('7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887')}`,
  ],
  ['the pages of passlib', 'scrypt', 'password', '$scrypt$ln=16,r=8,p=1$aM15713r3Xsvxbi31lqr1Q$nFNh2CVHVjNldFVKDHDlm4CbdRSCdEBsjjJxD+iCs5E'],
  [
    'the sample of Firebase, as Kratos writes it',
    'firebase-scrypt',
    'user1password',
    `$firescrypt$ln=14,r=8,p=1$${firebase.salt}$${firebase.hash}$${firebase.separator}$${firebase.signerKey}`,
  ],
  [
    'the sample of Firebase, as Supabase writes it',
    'firebase-scrypt',
    'user1password',
    `$fbscrypt$v=1,n=14,r=8,p=1,ss=${firebase.separator},sk=${firebase.signerKey}$${firebase.salt}$${firebase.hash}`,
  ],
  ['RFC 6070', 'pbkdf2', 'password', `$pbkdf2-sha1$i=4096,l=20$${btoa('salt')}$${base64('4b007901b765489abead49d926f721d065a429c1')}`],
  [
    'RFC 7914 §11',
    'pbkdf2',
    'Password',
    `$pbkdf2-sha256$i=80000,l=64$${btoa('NaCl')}$${base64('4ddcd8f60b98be21830cee5ef22701f9641a4418d04c0414aeff08876b34ab56a1d425a1225833549adb841b51c9b3176a272bdebba1d078478f62b397f33c8d')}`,
  ],
  ['the pages of passlib', 'pbkdf2', 'password', '$pbkdf2-sha256$6400$.6UI/S.nXIk8jcbdHx3Fhg$98jZicV16ODfEsEZeYPGHU3kbrUrvUEXOPimVSQDD44'],
  ["Django's own tests", 'pbkdf2', 'lètmein', 'pbkdf2_sha256$20000$seasalt$oBSd886ysm3AqYun62DOdin8YcfbU1z9cksZSuLP9r0='],
  ['LDAP, SHA-1', 'salted-sha', 'pencil', ldap('{SSHA}', 'sha1')],
  ['LDAP, SHA-256', 'salted-sha', 'pencil', ldap('{SSHA256}', 'sha256')],
  ['LDAP, SHA-512', 'salted-sha', 'pencil', ldap('{ssha512}', 'sha512')],
  ['Kratos, the salt first', 'salted-sha', 'pencil', formatted('sha256', '{SALT}{PASSWORD}')],
  ['Kratos, the salt last and text between', 'salted-sha', 'pencil', formatted('sha512', '{PASSWORD}--{SALT}')],
];

describe('a hash of another system', () => {
  it.each(samples)('of %s (%s) is verified, and is to be replaced', async (_from, family, password, hash) => {
    expect(parseForeignHash(hash)).toMatchObject({ family });
    const stored = toStoredHash(hash);
    expect([isForeignHash(stored), isOld(stored)]).toEqual([true, true]);
    expect([await verify(password, stored), await verify(`${password}x`, stored), await verify('', stored)]).toEqual([true, false, false]);
  });

  it('that stands in the database and cannot be computed is of no password', async () => {
    for (const [ln, is] of [
      [16, false],
      [15, true],
    ] as const) {
      const salt = Buffer.from('salty');
      const key = is ? await deriveScryptKey('password', salt, { ln, r: 1, p: 1 }, 32) : Buffer.alloc(32);
      expect(await verify('password', toStoredHash(`$scrypt$ln=${ln},r=1,p=1$${salt.toString('base64')}$${key.toString('base64')}`))).toBe(is);
    }
  });

  it('of bcrypt looks at 72 bytes of a password, as where it was made', async () => {
    const { hash } = await import('@node-rs/bcrypt');
    const stored = toStoredHash(await hash('x'.repeat(80), 4));
    expect([await verify(`${'x'.repeat(72)}yy`, stored), await verify('x'.repeat(71), stored)]).toEqual([true, false]);
  });

  it('is of what was typed, or of its one form', async () => {
    const [typed, form] = ['cafe\u0301\u00a0noir', 'caf\u00e9 noir'];
    const hashOf = (password: string) => toStoredHash(`{SSHA}${Buffer.concat([sha('sha1', password, 'salty'), Buffer.from('salty')]).toString('base64')}`);
    expect([await verify(typed, hashOf(typed)), await verify(typed, hashOf(form)), await verify(form, hashOf(typed))]).toEqual([true, true, false]);
  });

  it.each([
    ['bcrypt', '$2b$15$m0CrhHm10qJ3lXRY.5zDGO3rS2KdeeWLuGmsfGlMfOxih58VYVfxe', 'a bcrypt cost of 15'],
    ['scrypt in memory', `$scrypt$ln=18,r=8,p=1$c2FsdHk$${btoa('k'.repeat(32))}`, '256 MiB'],
    ['scrypt in time', `$scrypt$ln=17,r=8,p=5$c2FsdHk$${btoa('k'.repeat(32))}`, 'N·r·p'],
    ['scrypt that no number holds', `$scrypt$ln=999999999,r=9999999999,p=1$c2FsdHk$${btoa('k'.repeat(32))}`, 'Infinity MiB'],
    ['scrypt of Firebase', `$firescrypt$ln=20,r=8,p=1$${firebase.salt}$${firebase.hash}$${firebase.separator}$${firebase.signerKey}`, '1024 MiB'],
    ['PBKDF2', `$pbkdf2-sha512$i=2000001$c2FsdHk$${btoa('k'.repeat(64))}`, 'the most is 2000000'],
    ['PBKDF2 with many blocks', `$pbkdf2-sha1$i=600000$c2FsdHk$${btoa('k'.repeat(64))}`, 'each of 4 blocks'],
    ['Django', `pbkdf2_sha256$9999999999$seasalt$${btoa('k'.repeat(32))}`, 'iterations'],
    ['Argon2 in memory', '$argon2id$v=19$m=131073,t=1,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc', 'the most of m is 131072'],
    ['Argon2 in time', '$argon2id$v=19$m=65536,t=9,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc', 'of m·t 524288'],
  ])('that costs more than a login may is refused: %s', async (_name, hash, description) => {
    expect(parseForeignHash(hash)).toEqual({ refusal: 'too-costly', description: expect.stringContaining(description) });
    // nor is it worked on where it stands in the database
    expect(await verify('password', toStoredHash(hash))).toBe(false);
  });

  it.each([
    ['nothing', ''],
    ['a password', 'correct horse battery'],
    ['our own form of an unknown kind', '$argon2x$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc'],
    ['MD5', '$1$salt$qJH7.N4xYta3aEG/dfqo/0'],
    ['SHA without a salt', '{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g='],
    ['bcrypt that is cut off', '$2b$06$m0CrhHm10qJ3lXRY'],
    ['bcrypt of the wrong version', '$2x$06$m0CrhHm10qJ3lXRY.5zDGO3rS2KdeeWLuGmsfGlMfOxih58VYVfxe'],
    ['bcrypt with bits that stand for nothing', '$2b$06$m0CrhHm10qJ3lXRY.5zDGO3rS2KdeeWLuGmsfGlMfOxih58VYVfxf'],
    ['base64 with bits that stand for nothing', '$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHR$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc'],
    ['a bcrypt cost that is none', '$2b$03$m0CrhHm10qJ3lXRY.5zDGO3rS2KdeeWLuGmsfGlMfOxih58VYVfxe'],
    ['scrypt of an N that is too large for r 1', `$scrypt$ln=16,r=1,p=1$c2FsdHk$${btoa('k'.repeat(32))}`],
    ['scrypt of Firebase with the same', `$firescrypt$ln=17,r=1,p=1$${firebase.salt}$${firebase.hash}$${firebase.separator}$${firebase.signerKey}`],
    ['a key that is too short', '$scrypt$ln=14,r=8,p=1$c2FsdHk$a2V5'],
    ['a PBKDF2 key of another length', `$pbkdf2-sha256$i=1000,l=16$c2FsdHk$${btoa('k'.repeat(32))}`],
    ['no iterations', `$pbkdf2-sha256$i=0$c2FsdHk$${btoa('k'.repeat(32))}`],
    ['Argon2 with a secret key', '$argon2id$v=19$m=65536,t=2,p=1,keyid=a2V5$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc'],
    ['a format without a salt', `$sha256$pf=${btoa('{PASSWORD}')}$${btoa('salty')}$${sha('sha256', 'pencil').toString('base64')}`],
    ['LDAP without a salt', `{SSHA}${sha('sha1', 'pencil').toString('base64')}`],
    ['what is very long', `{SSHA}${'A'.repeat(100_000)}`],
  ])('that is in no known form is refused, with a sentence that does not repeat it: %s', (_name, hash) => {
    const { refusal, description } = parseForeignHash(hash) as { refusal: string; description: string };
    expect(refusal).toBe('unsupported');
    expect(description).toMatch(/^(is|has|begins) .{10,}/);
    if (hash.length > 30) expect(description).not.toContain(hash.slice(-20));
  });

  it('that was damaged is refused or is of no password, and never breaks anything', async () => {
    const characters = '$,=./+{}09azAZ\0é';
    const random = createRandom(7);
    let verified = 0;
    for (let round = 0; round < 600; round++) {
      const [, family, password, whole] = samples[random(samples.length)]!;
      const at = random(whole.length);
      const damaged = whole.slice(0, at) + characters[random(characters.length)]!.repeat(random(3)) + whole.slice(at + random(4));
      const hash = parseForeignHash(damaged);
      // those that take long in their whole form too
      if ('refusal' in hash || family.includes('scrypt') || whole.includes('m=65536')) continue;
      verified++;
      expect(typeof (await hash.matches(password))).toBe('boolean');
    }
    expect(verified).toBeGreaterThan(50);
  });
});

/** Whole numbers below another one, the same ones each time (mulberry32). */
function createRandom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    const mixed = Math.imul(state ^ (state >>> 15), state | 1);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}
