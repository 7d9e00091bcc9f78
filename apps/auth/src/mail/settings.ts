import { type Contradiction, contradiction, file, integer, seconds, togetherContradictions } from '@gatehouse/lifecycle';
import { z } from 'zod';
import { isSender } from './addresses';
import { isPlain } from './plain-text';

const smtpUrl = z
  .string()
  .refine(
    isSmtpUrl,
    'must be smtp://user:password@host:port or smtps://…, with nothing behind the port and user and password both or neither; what stands for itself in them, as % and @ do, must be percent-encoded',
  )
  .meta({ secret: true, form: 'URL' });

/** Settings of the mails that are sent. */
export const mailSettings = {
  AUTH_SMTP_URL: smtpUrl
    .optional()
    .describe(
      'mail server, `smtp://user:password@host:port` or, with TLS from the first byte, `smtps://`. Without it mails wait in the database until what they say has expired',
    ),
  AUTH_SMTP_TLS: z
    .enum(['required', 'opportunistic', 'off'], { error: 'must be required, opportunistic or off' })
    .default('required')
    .describe(
      'TLS with a mail server of `smtp://`, by STARTTLS: `opportunistic` goes on in plain text where the server offers none, which whoever stands between can bring about. Certificates are always checked',
    ),
  AUTH_SMTP_CA_FILE: file.optional().describe('PEM file with the CAs of the certificate of the mail server, in place of those that Node knows'),
  AUTH_SMTP_TIMEOUT_SECONDS: seconds(1, 600).default(30).describe('how long sending one mail may take'),
  AUTH_MAIL_CONCURRENCY: integer(1, 100, 'mails').default(4).describe('mails that a process sends at the same time at most, each over a connection of its own'),
  AUTH_MAIL_FROM: z
    .string()
    .refine(isSender, 'must be an email address, or a name and an address as in Example <no-reply@example.com>')
    .meta({ form: 'email address' })
    .optional()
    .describe('who mails are from: `no-reply@example.com` or `Example <no-reply@example.com>`'),
  AUTH_MAIL_PRODUCT_NAME: z
    .string()
    .refine((name) => name.length >= 1 && name.length <= 80 && isPlain(name), 'must have 1 to 80 characters, in one line')
    .meta({ form: 'name' })
    .default('Gatehouse')
    .describe('what mails call the installation'),
};

export type MailSettings = z.infer<z.ZodObject<typeof mailSettings>>;

/** Questions about these settings together, for `refineAll`. */
export const mailContradictions: readonly Contradiction<MailSettings>[] = [
  ...togetherContradictions('AUTH_SMTP_URL', 'AUTH_MAIL_FROM'),
  [
    (config) => config.AUTH_SMTP_TLS === 'required' || !config.AUTH_SMTP_URL?.startsWith('smtps:'),
    contradiction(['AUTH_SMTP_TLS', 'AUTH_SMTP_URL'], 'must be required, or left out, where AUTH_SMTP_URL is smtps://'),
  ],
];

/** Whether mails leave: to be asked by a setting that means nothing without. */
export const canSendMail = ({ AUTH_SMTP_URL: url }: Pick<MailSettings, 'AUTH_SMTP_URL'>): boolean => url !== undefined;

function isSmtpUrl(text: string): boolean {
  if (!/^smtps?:\/\/[^\s/?#]+\/?$/.test(text) || !URL.canParse(text)) return false;
  const { hostname, port, username, password } = new URL(text);
  try {
    return hostname !== '' && port !== '0' && [username, password].every((part) => isPlain(decodeURIComponent(part))) && !username === !password;
  } catch {
    return false;
  }
}
