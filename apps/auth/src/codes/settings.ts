import { contradiction, type Contradiction, seconds } from '@gatehouse/lifecycle';
import { z } from 'zod';
import { canSendMail, type MailSettings } from '../mail/settings';

const lifetime = (fallback: number) => seconds(60, 31_536_000).default(fallback);

/** Settings of what people prove by mail. */
export const codeSettings = {
  AUTH_SIGNUP_VERIFICATION: z
    .enum(['required', 'optional', 'off'], { error: 'must be required, optional or off' })
    .default('required')
    .describe(
      'whether who signs up proves that the email is theirs: `required` before there is an account, `optional` after it, `off` not at all. Only with `required` nobody learns at sign-up whether an email has an account',
    ),
  AUTH_LINK_BASE_URL: z
    .string()
    .max(512, 'must have at most 512 characters')
    .refine(isLinkBase, 'must be an https URL without query, fragment and user; http is for 127.0.0.1, [::1] and localhost alone')
    .optional()
    .meta({ form: 'URL' })
    .describe('what the links in mails begin with: pages of yours are there. Without it, `GATEHOUSE_ISSUER`'),
  AUTH_VERIFICATION_SECONDS: lifetime(86_400).describe('how long a mail that verifies an email is valid'),
  AUTH_RECOVERY_SECONDS: lifetime(1_800).describe('how long a mail that sets a new password is valid'),
  AUTH_EMAIL_CHANGE_SECONDS: lifetime(3_600).describe('how long a mail that changes the email of an account is valid'),
  AUTH_INVITATION_SECONDS: lifetime(604_800).describe('how long an invitation is valid'),
};

export type CodeSettings = z.infer<z.ZodObject<typeof codeSettings>>;

/** Questions about these settings and those of mails together, for `refineAll`. */
export const codeContradictions: readonly Contradiction<CodeSettings & MailSettings>[] = [
  [
    (config) => config.AUTH_SIGNUP_VERIFICATION !== 'required' || canSendMail(config),
    contradiction(['AUTH_SIGNUP_VERIFICATION', 'AUTH_SMTP_URL'], 'must be optional or off where AUTH_SMTP_URL is not set, or nobody could sign up'),
  ],
];

function isLinkBase(text: string): boolean {
  if (!/^https?:\/\/[^\s?#]+$/.test(text) || !URL.canParse(text)) return false;
  const { protocol, hostname, username, password } = new URL(text);
  return username === '' && password === '' && (protocol === 'https:' || ['127.0.0.1', '[::1]', 'localhost'].includes(hostname));
}
