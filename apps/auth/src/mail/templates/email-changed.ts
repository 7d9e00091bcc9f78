import type { Template } from '../letter';
import { greet } from '../phrases';

/** To the address that an account had. */
export const emailChanged: Template<'email_changed'> = {
  en: ({ name, link }, { product }) => ({
    subject: `The email address of your ${product} account was changed`,
    greeting: greet.en(name),
    paragraphs: [`Your account at ${product} has another email address now; mails about it no longer come to this one.`],
    action: link === undefined ? undefined : { label: 'That was not me', link },
    closing: ['If it was not you, somebody may have taken over your account: act at once.'],
  }),
  de: ({ name, link }, { product }) => ({
    subject: `Die E-Mail-Adresse Ihres Kontos bei ${product} wurde geändert`,
    greeting: greet.de(name),
    paragraphs: [`Ihr Konto bei ${product} hat jetzt eine andere E-Mail-Adresse; Mails dazu kommen nicht mehr an diese.`],
    action: link === undefined ? undefined : { label: 'Das war ich nicht', link },
    closing: ['Waren Sie das nicht, dann hat vielleicht jemand Ihr Konto übernommen: Handeln Sie sofort.'],
  }),
};
