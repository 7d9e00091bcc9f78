import { integer, milliseconds } from '@gatehouse/lifecycle';
import { z } from 'zod';
import { readPeppers } from './peppers';

const pepperForm = 'must be id:key, several with commas between, each id once, of 1 to 8 letters and digits, each key 32 bytes in base64';

/** Settings of passwords. Spread into the schema of the service. */
export const passwordConfig = {
  AUTH_ARGON2_MEMORY_KIB: integer(19_456, 1_048_576, 'KiB')
    .default(19_456)
    .describe('memory that hashing a password takes; a login hashes anew what was hashed with less'),
  AUTH_ARGON2_PASSES: integer(2, 64, 'passes')
    .default(2)
    .describe('how often hashing a password goes over that memory; a login hashes anew what was hashed with fewer'),
  AUTH_PASSWORD_PEPPERS: z
    .string()
    .transform((text, context) => {
      const peppers = readPeppers(text);
      if (!peppers) context.addIssue(pepperForm);
      return peppers ?? z.NEVER;
    })
    .optional()
    .describe(
      'secret keys that passwords are hashed with, `id:key` with commas between, the same in all replicas: the first is for new hashes, the others verify old ones. Who loses one loses the passwords hashed with it',
    )
    .meta({ secret: true, form: '`id:32 bytes in base64`, with commas between' }),
  UV_THREADPOOL_SIZE: integer(2, 1_024, 'threads')
    .default(4)
    .describe(
      "threads of the process for files, names and passwords (Node's own setting): as many passwords are hashed at once, less one, and less than there are cores",
    ),
  AUTH_PASSWORD_MIN_LENGTH: integer(8, 64, 'characters')
    .default(8)
    .describe('how many characters a new password has at least; NIST and ASVS recommend 15 where it is the only factor'),
  AUTH_PASSWORD_MIN_STRENGTH: integer(0, 4, 'a score of zxcvbn')
    .default(2)
    .describe('how hard to guess a new password is at least, in guesses: 1 over a thousand, 2 over a million, 3 over 10^8, 4 over 10^10; 0 takes any'),
  AUTH_PASSWORD_CONTEXT_WORDS: z
    .string()
    .regex(/^[^,]{1,64}(,[^,]{1,64}){0,31}$/u, 'must be words of 64 characters at most with commas between, 32 at most')
    .transform((text) => text.split(',').map((word) => word.trim()))
    .prefault('gatehouse')
    .describe('words that make a password easy to guess here, such as the name of the product, with commas between'),
  AUTH_PASSWORD_HISTORY: integer(0, 24, 'passwords')
    .default(5)
    .describe("how many of a person's last passwords, the present one among them, may not be set again; 0 allows all"),
  AUTH_BREACHED_PASSWORDS_URL: z
    .url({ protocol: /^https?$/, error: 'must be an http or https URL, such as https://api.pwnedpasswords.com/range' })
    .refine((text) => !/[?#]/.test(text), 'must have neither query nor fragment')
    .meta({ form: 'URL' })
    .optional()
    .describe(
      'where breached passwords are asked for by the first five digits of their SHA-1, as at Have I Been Pwned; without it a list of 49,000 alone is looked at',
    ),
  AUTH_BREACHED_PASSWORDS_TIMEOUT_MS: milliseconds(10, 10_000).default(1_000).describe('how long an answer to that is waited for'),
  AUTH_BREACHED_PASSWORDS_FAIL: z
    .enum(['open', 'closed'], { error: 'must be open or closed' })
    .default('open')
    .describe('whether a new password is taken (`open`) or the call fails (`closed`) while that cannot be asked'),
};
