import type { Template } from '../letter';
import { greet, toMoment } from '../phrases';

/** To somebody whose account takes the codes of an authenticator app no more. */
export const factorRemoved: Template<'factor_removed'> = {
  en: ({ name, link, time }, { product }) => ({
    subject: `An authenticator app was removed from your ${product} account`,
    greeting: greet.en(name),
    paragraphs: [`An authenticator app was removed from your account at ${product} on ${toMoment(time, 'en')}. Its codes are worth nothing any more.`],
    action: link === undefined ? undefined : { label: 'That was not me', link },
    closing: ['If it was you, or if you asked for it, there is nothing to do. If not, choose a new password at once and add an app anew.'],
  }),
  de: ({ name, link, time }, { product }) => ({
    subject: `Eine Authenticator-App wurde aus Ihrem Konto bei ${product} entfernt`,
    greeting: greet.de(name),
    paragraphs: [`aus Ihrem Konto bei ${product} wurde eine Authenticator-App entfernt: ${toMoment(time, 'de')}. Ihre Codes gelten nicht mehr.`],
    action: link === undefined ? undefined : { label: 'Das war ich nicht', link },
    closing: [
      'Waren Sie das, oder haben Sie darum gebeten, dann ist nichts zu tun. Wenn nicht, wählen Sie sofort ein neues Passwort und fügen Sie wieder eine App hinzu.',
    ],
  }),
};
