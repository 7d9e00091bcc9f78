import type { Template } from '../letter';
import { greet, toMoment } from '../phrases';

/** To somebody whose password is another one now. */
export const passwordChanged: Template<'password_changed'> = {
  en: ({ name, link, time }, { product }) => ({
    subject: `Your ${product} password was changed`,
    greeting: greet.en(name),
    paragraphs: [`The password of your account at ${product} was changed on ${toMoment(time, 'en')}.`],
    action: link === undefined ? undefined : { label: 'That was not me', link },
    closing: ['If it was you, there is nothing to do. If not, choose a new password at once.'],
  }),
  de: ({ name, link, time }, { product }) => ({
    subject: `Ihr Passwort bei ${product} wurde geändert`,
    greeting: greet.de(name),
    paragraphs: [`das Passwort Ihres Kontos bei ${product} wurde geändert: ${toMoment(time, 'de')}.`],
    action: link === undefined ? undefined : { label: 'Das war ich nicht', link },
    closing: ['Waren Sie das, dann ist nichts zu tun. Wenn nicht, wählen Sie sofort ein neues Passwort.'],
  }),
};
