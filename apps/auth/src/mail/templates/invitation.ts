import type { Template } from '../letter';
import { codeLabel, greet } from '../phrases';
import { toName } from '../plain-text';

/** To somebody for whom an administrator made an account. */
export const invitation: Template<'invitation'> = {
  en: ({ name, link, code, invitedBy }, { product, validFor }) => ({
    subject: toName(invitedBy) ? `${toName(invitedBy)} invites you to ${product}` : `Your invitation to ${product}`,
    greeting: greet.en(name),
    paragraphs: [`An account at ${product} was made for you. Choose a password, and you can use it.`],
    action: { label: 'Choose a password', link },
    code: code === undefined ? undefined : { label: codeLabel.en, value: code },
    closing: [`This can be used once, within ${validFor}.`, 'If you expect no invitation, ignore this mail.'],
  }),
  de: ({ name, link, code, invitedBy }, { product, validFor }) => ({
    subject: toName(invitedBy) ? `${toName(invitedBy)} lädt Sie zu ${product} ein` : `Ihre Einladung zu ${product}`,
    greeting: greet.de(name),
    paragraphs: [`für Sie wurde ein Konto bei ${product} angelegt. Wählen Sie ein Passwort, dann können Sie es nutzen.`],
    action: { label: 'Passwort wählen', link },
    code: code === undefined ? undefined : { label: codeLabel.de, value: code },
    closing: [`Das gilt ein Mal, ${validFor} lang.`, 'Erwarten Sie keine Einladung, dann lassen Sie diese Mail liegen.'],
  }),
};
