import type { Template } from '../letter';
import { codeLabel, greet } from '../phrases';

/** To somebody who has forgotten their password, or to whom somebody else did as if. */
export const resetPassword: Template<'reset_password'> = {
  en: ({ name, link, code }, { product, validFor }) => ({
    subject: `Choose a new password for ${product}`,
    greeting: greet.en(name),
    paragraphs: [`Somebody asked for a new password of your account at ${product}.`],
    action: { label: 'Choose a new password', link },
    code: code === undefined ? undefined : { label: codeLabel.en, value: code },
    closing: [`This can be used once, within ${validFor}.`, 'If it was not you, ignore this mail: your password stays as it is.'],
  }),
  de: ({ name, link, code }, { product, validFor }) => ({
    subject: `Neues Passwort für ${product} wählen`,
    greeting: greet.de(name),
    paragraphs: [`für Ihr Konto bei ${product} wurde ein neues Passwort verlangt.`],
    action: { label: 'Neues Passwort wählen', link },
    code: code === undefined ? undefined : { label: codeLabel.de, value: code },
    closing: [`Das gilt ein Mal, ${validFor} lang.`, 'Waren Sie das nicht, dann lassen Sie diese Mail liegen: Ihr Passwort bleibt, wie es ist.'],
  }),
};
