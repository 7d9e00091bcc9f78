import type { Template } from '../letter';
import { greet, toMoment } from '../phrases';

/** To somebody who has other recovery codes now. */
export const recoveryCodesReplaced: Template<'recovery_codes_replaced'> = {
  en: ({ name, link, time }, { product }) => ({
    subject: `The recovery codes of your ${product} account were replaced`,
    greeting: greet.en(name),
    paragraphs: [`New recovery codes were made for your account at ${product} on ${toMoment(time, 'en')}. Those from before are worth nothing any more.`],
    action: link === undefined ? undefined : { label: 'That was not me', link },
    closing: ['If it was you, keep the new codes in a safe place. If not, choose a new password at once and make new codes.'],
  }),
  de: ({ name, link, time }, { product }) => ({
    subject: `Die Wiederherstellungscodes Ihres Kontos bei ${product} wurden ersetzt`,
    greeting: greet.de(name),
    paragraphs: [`für Ihr Konto bei ${product} wurden neue Wiederherstellungscodes erzeugt: ${toMoment(time, 'de')}. Die bisherigen gelten nicht mehr.`],
    action: link === undefined ? undefined : { label: 'Das war ich nicht', link },
    closing: ['Waren Sie das, dann bewahren Sie die neuen Codes sicher auf. Wenn nicht, wählen Sie sofort ein neues Passwort und erzeugen Sie neue Codes.'],
  }),
};
