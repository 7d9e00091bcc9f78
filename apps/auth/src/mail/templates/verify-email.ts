import type { Template } from '../letter';
import { codeLabel, greet } from '../phrases';

/** To an address that somebody says is theirs. */
export const verifyEmail: Template<'verify_email'> = {
  en: ({ name, link, code }, { product, validFor }) => ({
    subject: `Confirm your email address for ${product}`,
    greeting: greet.en(name),
    paragraphs: [`This address was given to sign up for ${product}. Please confirm that it is yours.`],
    action: { label: 'Confirm email address', link },
    code: code === undefined ? undefined : { label: codeLabel.en, value: code },
    closing: [`This can be used once, within ${validFor}.`, 'If you did not sign up, ignore this mail: without your confirmation nothing comes of it.'],
  }),
  de: ({ name, link, code }, { product, validFor }) => ({
    subject: `Bestätigen Sie Ihre E-Mail-Adresse für ${product}`,
    greeting: greet.de(name),
    paragraphs: [`mit dieser Adresse wurde eine Registrierung bei ${product} begonnen. Bitte bestätigen Sie, dass es Ihre ist.`],
    action: { label: 'E-Mail-Adresse bestätigen', link },
    code: code === undefined ? undefined : { label: codeLabel.de, value: code },
    closing: [`Das gilt ein Mal, ${validFor} lang.`, 'Waren Sie das nicht, dann lassen Sie diese Mail liegen: Ohne Ihre Bestätigung geschieht nichts.'],
  }),
};
