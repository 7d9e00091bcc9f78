import type { Template } from '../letter';
import { codeLabel, greet } from '../phrases';

/** To the new address of an account. */
export const emailChangeConfirm: Template<'email_change_confirm'> = {
  en: ({ name, link, code }, { product, validFor }) => ({
    subject: `Confirm your new email address for ${product}`,
    greeting: greet.en(name),
    paragraphs: [`This address is to become that of your account at ${product}. Please confirm that it is yours.`],
    action: { label: 'Confirm new address', link },
    code: code === undefined ? undefined : { label: codeLabel.en, value: code },
    closing: [`This can be used once, within ${validFor}.`, 'If you do not know of this, ignore this mail: the account keeps the address that it has.'],
  }),
  de: ({ name, link, code }, { product, validFor }) => ({
    subject: `Bestätigen Sie Ihre neue E-Mail-Adresse für ${product}`,
    greeting: greet.de(name),
    paragraphs: [`diese Adresse soll die Ihres Kontos bei ${product} werden. Bitte bestätigen Sie, dass es Ihre ist.`],
    action: { label: 'Neue Adresse bestätigen', link },
    code: code === undefined ? undefined : { label: codeLabel.de, value: code },
    closing: [`Das gilt ein Mal, ${validFor} lang.`, 'Wissen Sie davon nichts, dann lassen Sie diese Mail liegen: Das Konto behält seine Adresse.'],
  }),
};
