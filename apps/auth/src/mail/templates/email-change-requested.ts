import type { Template } from '../letter';
import { greet } from '../phrases';

/** To the address that an account has, when somebody logged in to it asks for another one. */
export const emailChangeRequested: Template<'email_change_requested'> = {
  en: ({ name, link }, { product }) => ({
    subject: `Another email address for your ${product} account`,
    greeting: greet.en(name),
    paragraphs: [`Somebody who knows your password asked for another email address for your account at ${product}. Until it is confirmed there, yours stays.`],
    action: link === undefined ? undefined : { label: 'That was not me', link },
    closing: ['If it was you, there is nothing to do. If it was not, choose a new password: with it, nobody can confirm the other address any more.'],
  }),
  de: ({ name, link }, { product }) => ({
    subject: `Eine andere E-Mail-Adresse für Ihr Konto bei ${product}`,
    greeting: greet.de(name),
    paragraphs: [
      `jemand, der Ihr Passwort kennt, möchte Ihrem Konto bei ${product} eine andere E-Mail-Adresse geben. Bis sie dort bestätigt ist, bleibt es bei dieser.`,
    ],
    action: link === undefined ? undefined : { label: 'Das war ich nicht', link },
    closing: ['Waren Sie das, dann ist nichts zu tun. Wenn nicht, wählen Sie ein neues Passwort: Dann kann niemand mehr die andere Adresse bestätigen.'],
  }),
};
