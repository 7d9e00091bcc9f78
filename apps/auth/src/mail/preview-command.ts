import { ConfigError } from '@gatehouse/lifecycle';
import { languages } from './languages';
import type { Mail, MailData, MailKind } from './mail';
import type { MailSettings } from './settings';
import { mailKinds, writeMail } from './write-mail';

/** `--kind`, `--language` (default: en) and `--format` (default: text). */
export const previewOptions = ['kind', 'language', 'format'] as const;

const formats = ['text', 'html', 'subject'] as const;

const [name, link, code, time] = ['Ada Lovelace', 'https://shop.example/go#code=4fk9-example', 'K7QM-2XWD', '2026-11-20T09:30:00Z'];
const examples: MailData = {
  verify_email: { name, link, code },
  reset_password: { name, link, code },
  email_change_confirm: { name, link, code },
  email_changed: { name, link },
  email_change_requested: { name, link },
  invitation: { name, link, code, invitedBy: 'Charles Babbage' },
  new_device: { name, link, userAgent: 'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0', address: '192.0.2.7', time },
  password_changed: { name, link, time },
  sign_up_attempt: { name, link },
  factor_added: { name, link, time },
  factor_removed: { name, link, time },
  recovery_codes_replaced: { name, link, time },
  recovery_code_used: { name, link, time },
};

/**
 * The command `preview-mail`: writes what a mail of a kind says, with made-up data, on stdout. @throws ConfigError that names the choices
 */
export async function runPreviewMail(
  { AUTH_MAIL_PRODUCT_NAME: product }: Pick<MailSettings, 'AUTH_MAIL_PRODUCT_NAME'>,
  _given: ReadonlySet<string>,
  { kind = '', language = languages[0], format = formats[0] }: Readonly<Partial<Record<(typeof previewOptions)[number], string>>>,
): Promise<void> {
  const problems = [...toProblem('kind', kind, mailKinds), ...toProblem('language', language, languages), ...toProblem('format', format, formats)];
  if (problems.length) throw new ConfigError(problems);
  const mail = { kind, to: 'ada@example.com', language, validForSeconds: 1_800, data: examples[kind as MailKind] } as Mail;
  process.stdout.write(`${writeMail(mail, product)[format as (typeof formats)[number]].trimEnd()}\n`);
}

const toProblem = (option: string, value: string, choices: readonly string[]) =>
  choices.includes(value) ? [] : [`--${option} must be one of these: ${choices.join(', ')}`];
