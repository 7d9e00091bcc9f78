import { verify } from '@node-rs/bcrypt';
import { type ReadForeignHash, tooCostly, unsupported } from './foreign-hash';

// of the last character of salt and hash some bits stand for nothing, and are 0
const form = /^\$2([abxy])\$(\d\d)\$[./A-Za-z0-9]{21}[.Oeu][./A-Za-z0-9]{30}[.CGKOSWaeimquy26]$/;
const [minCost, maxCost] = [4, 14];

/**
 * bcrypt: `$2a$`, `$2b$`, `$2y$`. It looks at the first 72 bytes of a password alone, as it did where the hash was made: whoever logs in gets
 * a hash of the whole password.
 */
export const readBcrypt: ReadForeignHash = (text) => {
  if (!text.startsWith('$2')) return undefined;
  const [, version, digits] = form.exec(text) ?? [];
  if (!version) return unsupported('is no whole bcrypt hash: that is $2b$, two digits of cost, $, and 53 characters');
  if (version === 'x') return unsupported('is bcrypt of the version 2x, which hashed wrongly what is not ASCII: these people need a new password');
  const cost = Number(digits);
  if (cost < minCost) return unsupported(`has a bcrypt cost of ${cost}, which is none: the least is ${minCost}`);
  if (cost > maxCost) return tooCostly(`has a bcrypt cost of ${cost}: the most is ${maxCost}`);
  return { family: 'bcrypt', matches: (password) => verify(password, text) };
};
