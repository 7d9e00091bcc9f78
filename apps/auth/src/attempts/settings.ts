import { type Contradiction, integer, milliseconds, rateLimitConfig, seconds, togetherContradictions } from '@gatehouse/lifecycle';
import { z } from 'zod';
import type { AttemptPolicy } from './attempt-store';

const failures = integer(1, 1_000_000_000, 'failures');
const anHour = (what: string) => integer(1, 1_000_000_000, `${what} an hour`);

/** Settings of what is done against those who try many passwords. */
export const attemptSettings = {
  AUTH_ACCOUNT_FREE_FAILURES: failures
    .default(5)
    .describe('attempts at one account, by password and every other factor together, that cost nothing; after them each doubles the delay'),
  AUTH_ACCOUNT_FORGET_SECONDS: seconds(1, 86_400).default(900).describe('how long it takes until one of them is forgotten'),
  AUTH_DEVICE_FREE_FAILURES: failures
    .default(5)
    .describe('the same for one account from one device on which its person has logged in before, which is counted for itself'),
  AUTH_ADDRESS_FREE_FAILURES: failures.default(100).describe('attempts from one address, of IPv6 a /64, at whatever accounts, that cost nothing'),
  AUTH_ADDRESS_FORGET_SECONDS: seconds(1, 86_400).default(10).describe('how long it takes until one of them is forgotten'),
  AUTH_NETWORK_FREE_FAILURES: failures.default(1_000).describe('attempts from one network, a /24 or of IPv6 a /48, that cost nothing'),
  AUTH_NETWORK_FORGET_SECONDS: seconds(1, 86_400).default(1).describe('how long it takes until one of them is forgotten'),
  AUTH_ATTEMPT_DELAY_SECONDS: seconds(1, 86_400).default(1).describe('the first delay after what costs nothing; each further failure doubles it'),
  AUTH_ATTEMPT_MAX_DELAY_SECONDS: seconds(1, 86_400).default(900).describe('the longest of those delays'),
  AUTH_FLOOD_FAILURES_PER_MINUTE: failures
    .default(1_000)
    .describe('failed attempts a minute at everybody from which on who comes from an unknown device has one free attempt or, with a CAPTCHA, has to solve it'),
  AUTH_SIGN_UPS_PER_ADDRESS: anHour('sign-ups').default(50).describe('sign-ups from one address, of IPv6 a /64'),
  AUTH_MAILS_PER_ACCOUNT: anHour('mails')
    .default(5)
    .describe(
      'mails for one purpose that anybody may have sent to one email, those of sign-ups, and of sign-ups that are named to be mailed again, from one network, and four times as many from all; of more nobody is told, and none is sent',
    ),
  AUTH_MAILS_PER_ADDRESS: anHour('mails').default(50).describe('mails that may be asked for from one address, of IPv6 a /64'),
  ...rateLimitConfig,
  AUTH_CAPTCHA_VERIFY_URL: z
    .url({ protocol: /^https?$/, error: 'must be the URL that verifies CAPTCHAs, such as https://challenges.cloudflare.com/turnstile/v0/siteverify' })
    .meta({ form: 'URL' })
    .optional()
    .describe('`siteverify` of Turnstile, hCaptcha or reCAPTCHA; with it, who comes from an unknown device has to solve a CAPTCHA once a limit is near'),
  AUTH_CAPTCHA_SECRET: z
    .string()
    .min(1, 'must not be empty')
    .max(512, 'must have at most 512 characters')
    .meta({ secret: true, form: 'up to 512 characters' })
    .optional()
    .describe('what the service proves itself by where CAPTCHAs are verified'),
  AUTH_CAPTCHA_SITE_KEY: z
    .string()
    .regex(/^[!-~]{1,256}$/, 'must be 1 to 256 characters of ASCII without spaces')
    .meta({ form: '1 to 256 characters' })
    .optional()
    .describe('the public key by which pages show the CAPTCHA; callers are told it with CAPTCHA_REQUIRED'),
  AUTH_CAPTCHA_TIMEOUT_MS: milliseconds(1, 60_000).default(3_000).describe('how long verifying a CAPTCHA may take'),
  AUTH_CAPTCHA_FAIL_MODE: z
    .enum(['open', 'closed'], { error: 'must be open or closed' })
    .default('open')
    .describe('whether a CAPTCHA that cannot be verified lets its sender in, `open`, where the other limits still hold, or nobody, `closed`'),
};

type AttemptSettings = z.infer<z.ZodObject<typeof attemptSettings>>;

/** Questions about several settings, for `refineAll`. */
export const attemptContradictions: readonly Contradiction<AttemptSettings>[] = togetherContradictions(
  'AUTH_CAPTCHA_VERIFY_URL',
  'AUTH_CAPTCHA_SECRET',
  'AUTH_CAPTCHA_SITE_KEY',
);

/** What attempts are counted by. */
export const limitNames = ['account', 'device', 'devices', 'address', 'network', 'sign_up', 'account_mail', 'account_mails', 'address_mail'] as const;
export type LimitName = (typeof limitNames)[number];
export type Policies = Readonly<Record<LimitName, AttemptPolicy>>;

// so many devices of a person may fail as often as one may
const devicesOfOne = 4;
// so many networks may each ask for as many mails of sign-ups to one email as one may
const networksOfOne = 4;

/** The policies of all limits, by the settings. */
export function toPolicies(config: AttemptSettings): Policies {
  const delays = { firstDelayMs: config.AUTH_ATTEMPT_DELAY_SECONDS * 1_000, maxDelayMs: config.AUTH_ATTEMPT_MAX_DELAY_SECONDS * 1_000 };
  const doubling = (free: number, forgetSeconds: number): AttemptPolicy => ({ free, ...delays, forgetMs: forgetSeconds * 1_000 });
  const hourly = (free: number): AttemptPolicy => {
    const forgetMs = 3_600_000 / free;
    return { free, firstDelayMs: forgetMs, maxDelayMs: forgetMs, forgetMs };
  };
  return {
    account: doubling(config.AUTH_ACCOUNT_FREE_FAILURES, config.AUTH_ACCOUNT_FORGET_SECONDS),
    device: doubling(config.AUTH_DEVICE_FREE_FAILURES, config.AUTH_ACCOUNT_FORGET_SECONDS),
    devices: doubling(devicesOfOne * config.AUTH_DEVICE_FREE_FAILURES, config.AUTH_ACCOUNT_FORGET_SECONDS),
    address: doubling(config.AUTH_ADDRESS_FREE_FAILURES, config.AUTH_ADDRESS_FORGET_SECONDS),
    network: doubling(config.AUTH_NETWORK_FREE_FAILURES, config.AUTH_NETWORK_FORGET_SECONDS),
    sign_up: hourly(config.AUTH_SIGN_UPS_PER_ADDRESS),
    account_mail: hourly(config.AUTH_MAILS_PER_ACCOUNT),
    account_mails: hourly(networksOfOne * config.AUTH_MAILS_PER_ACCOUNT),
    address_mail: hourly(config.AUTH_MAILS_PER_ADDRESS),
  };
}
