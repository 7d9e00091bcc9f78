import type { Template } from '../letter';
import { greet, toMoment } from '../phrases';

/** To somebody whose account takes the codes of one more authenticator app. */
export const factorAdded: Template<'factor_added'> = {
  en: ({ name, link, time }, { product }) => ({
    subject: `An authenticator app was added to your ${product} account`,
    greeting: greet.en(name),
    paragraphs: [
      `An authenticator app was added to your account at ${product} on ${toMoment(time, 'en')}. From now on, logging in takes a code besides the password.`,
    ],
    action: link === undefined ? undefined : { label: 'That was not me', link },
    closing: [
      'If it was you, there is nothing to do. If not, somebody has your password and is logged in: choose a new password at once, and ask for help to have the app removed.',
    ],
  }),
  de: ({ name, link, time }, { product }) => ({
    subject: `Ihrem Konto bei ${product} wurde eine Authenticator-App hinzugefügt`,
    greeting: greet.de(name),
    paragraphs: [
      `Ihrem Konto bei ${product} wurde eine Authenticator-App hinzugefügt: ${toMoment(time, 'de')}. Von jetzt an braucht die Anmeldung außer dem Passwort einen Code.`,
    ],
    action: link === undefined ? undefined : { label: 'Das war ich nicht', link },
    closing: [
      'Waren Sie das, dann ist nichts zu tun. Wenn nicht, kennt jemand Ihr Passwort und ist angemeldet: Wählen Sie sofort ein neues Passwort, und bitten Sie um Hilfe, um die App entfernen zu lassen.',
    ],
  }),
};
