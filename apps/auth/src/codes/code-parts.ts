import type { BackgroundWorkOptions } from '@gatehouse/lifecycle';
import type { Config } from '../config';
import type { createParts } from '../parts';
import { createCodeMailer } from './code-mailer';
import { createCodes } from './codes';
import type { PasswordChanges } from '../passwords/password-changes';
import { createPrepareSetPassword } from './set-password';

type Parts = Pick<ReturnType<typeof createParts>, 'secrets' | 'database' | 'people' | 'mailQueue' | 'links'>;

/** What everything that is proved by mail stands on. */
export function createCodeParts(
  config: Config,
  { secrets, database, people, mailQueue, links }: Parts,
  passwordChanges: PasswordChanges,
  background: BackgroundWorkOptions,
) {
  const lifetimes = {
    sign_up: config.AUTH_VERIFICATION_SECONDS,
    verify_email: config.AUTH_VERIFICATION_SECONDS,
    reset_password: config.AUTH_RECOVERY_SECONDS,
    change_email: config.AUTH_EMAIL_CHANGE_SECONDS,
    invitation: config.AUTH_INVITATION_SECONDS,
  };
  const codes = createCodes({ database, secrets, lifetimes });
  return {
    codes,
    codeMailer: createCodeMailer({ database, people, codes, links, lifetimes, mailQueue, ...background }),
    preparePassword: createPrepareSetPassword(passwordChanges),
  };
}
