import { createCipheriv, timingSafeEqual } from 'node:crypto';
import { digestSize, readBase64, readParameters, saltSize } from './encoded-parts';
import { type ReadForeignHash, unsupported } from './foreign-hash';
import { deriveScryptKey, judgeScrypt, type ScryptParameters } from './scrypt-key';

interface FirebaseParts {
  readonly parameters: ScryptParameters | undefined;
  readonly salt: Buffer | undefined;
  readonly separator: Buffer | undefined;
  readonly signerKey: Buffer | undefined;
  readonly digest: Buffer | undefined;
}

/**
 * Firebase's scrypt (github.com/firebase/scrypt): AES-256-CTR of the project's signer key, under a key that scrypt derives of the password, the
 * person's salt and the project's separator. In the forms of Ory Kratos, `$firescrypt$ln=14,r=8,p=1$salt$hash$separator$signerKey`, and of
 * Supabase, `$fbscrypt$v=1,n=14,r=8,p=1,ss=separator,sk=signerKey$salt$hash`.
 */
export const readFirebaseScrypt: ReadForeignHash = (text) => {
  const read = text.startsWith('$firescrypt$') ? readFirescrypt : text.startsWith('$fbscrypt$') ? readFbscrypt : undefined;
  if (!read) return undefined;
  const parts = read(text);
  const { parameters, salt, separator, signerKey, digest } = parts ?? {};
  if (!parameters || !salt || !separator || !signerKey || signerKey.length !== digest?.length)
    return unsupported('is no whole hash of Firebase: that is $firescrypt$ln=14,r=8,p=1$salt$hash$separator$signerKey, in base64, hash and signer key as long');
  const salted = Buffer.concat([salt, separator]);
  return (
    judgeScrypt(parameters) ?? {
      family: 'firebase-scrypt',
      async matches(password) {
        const key = await deriveScryptKey(password, salted, parameters, 32);
        return timingSafeEqual(createCipheriv('aes-256-ctr', key, Buffer.alloc(16)).update(signerKey), digest);
      },
    }
  );
};

function readFirescrypt(text: string): FirebaseParts | undefined {
  const [, , parameters, salt, digest, separator, signerKey, ...rest] = text.split('$');
  return rest.length ? undefined : toParts(readParameters(parameters, ['ln', 'r', 'p']), { salt, digest, separator, signerKey });
}

function readFbscrypt(text: string): FirebaseParts | undefined {
  const [, numbers, separator, signerKey, salt, digest] = /^\$fbscrypt\$(.{1,60}),ss=([^,$]*),sk=([^,$]+)\$([^$]+)\$([^$]+)$/.exec(text) ?? [];
  const { v, n: ln, r, p } = readParameters(numbers, ['v', 'n', 'r', 'p']) ?? {};
  return v === 1 ? toParts({ ln: ln!, r: r!, p: p! }, { salt, digest, separator, signerKey }) : undefined;
}

const toParts = (
  parameters: ScryptParameters | undefined,
  texts: Readonly<Record<'salt' | 'digest' | 'separator' | 'signerKey', string | undefined>>,
): FirebaseParts => ({
  parameters,
  salt: readBase64(texts.salt, saltSize),
  separator: readBase64(texts.separator, { min: 0, max: 64 }),
  signerKey: readBase64(texts.signerKey, digestSize),
  digest: readBase64(texts.digest, digestSize),
});
