import type { Template } from './letter';
import type { MailKind } from './mail';
import { emailChangeConfirm } from './templates/email-change-confirm';
import { emailChangeRequested } from './templates/email-change-requested';
import { emailChanged } from './templates/email-changed';
import { factorAdded } from './templates/factor-added';
import { factorRemoved } from './templates/factor-removed';
import { invitation } from './templates/invitation';
import { newDevice } from './templates/new-device';
import { passwordChanged } from './templates/password-changed';
import { recoveryCodeUsed } from './templates/recovery-code-used';
import { recoveryCodesReplaced } from './templates/recovery-codes-replaced';
import { resetPassword } from './templates/reset-password';
import { signUpAttempt } from './templates/sign-up-attempt';
import { verifyEmail } from './templates/verify-email';

/** What mails of each kind say. */
export const templates: { readonly [Kind in MailKind]: Template<Kind> } = {
  verify_email: verifyEmail,
  reset_password: resetPassword,
  email_change_confirm: emailChangeConfirm,
  email_changed: emailChanged,
  email_change_requested: emailChangeRequested,
  invitation,
  new_device: newDevice,
  password_changed: passwordChanged,
  sign_up_attempt: signUpAttempt,
  factor_added: factorAdded,
  factor_removed: factorRemoved,
  recovery_codes_replaced: recoveryCodesReplaced,
  recovery_code_used: recoveryCodeUsed,
};
