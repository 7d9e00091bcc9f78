import { timingSafeEqual } from 'node:crypto';
import { digestSize, readBase64, readParameters, saltSize } from './encoded-parts';
import { type ReadForeignHash, unsupported } from './foreign-hash';
import { deriveScryptKey, judgeScrypt } from './scrypt-key';

/** scrypt (RFC 7914) as a PHC string: `$scrypt$ln=16,r=8,p=1$salt$key`. */
export const readScrypt: ReadForeignHash = (text) => {
  if (!text.startsWith('$scrypt$')) return undefined;
  const [, , parameterText, saltText, keyText, ...rest] = text.split('$');
  const parameters = readParameters(parameterText, ['ln', 'r', 'p']);
  const salt = readBase64(saltText, saltSize);
  const key = readBase64(keyText, digestSize);
  if (!parameters || !salt || !key || rest.length)
    return unsupported('is no whole scrypt hash: that is $scrypt$ln=16,r=8,p=1$salt$key, salt and key in base64');
  return (
    judgeScrypt(parameters) ?? {
      family: 'scrypt',
      matches: async (password) => timingSafeEqual(await deriveScryptKey(password, salt, parameters, key.length), key),
    }
  );
};
