import type { Template } from '../letter';
import { greet, toMoment } from '../phrases';

/** To somebody in whose account a recovery code took the place of that of an app. */
export const recoveryCodeUsed: Template<'recovery_code_used'> = {
  en: ({ name, link, time }, { product }) => ({
    subject: `A recovery code of your ${product} account was used`,
    greeting: greet.en(name),
    paragraphs: [`A recovery code was used for your account at ${product} on ${toMoment(time, 'en')}. It is worth nothing any more.`],
    action: link === undefined ? undefined : { label: 'That was not me', link },
    closing: ['If it was you, there is nothing to do; make new codes before they run out. If not, choose a new password at once and make new codes.'],
  }),
  de: ({ name, link, time }, { product }) => ({
    subject: `Ein Wiederherstellungscode Ihres Kontos bei ${product} wurde benutzt`,
    greeting: greet.de(name),
    paragraphs: [`für Ihr Konto bei ${product} wurde ein Wiederherstellungscode benutzt: ${toMoment(time, 'de')}. Er gilt nicht mehr.`],
    action: link === undefined ? undefined : { label: 'Das war ich nicht', link },
    closing: [
      'Waren Sie das, dann ist nichts zu tun; erzeugen Sie neue Codes, bevor sie ausgehen. Wenn nicht, wählen Sie sofort ein neues Passwort und erzeugen Sie neue Codes.',
    ],
  }),
};
