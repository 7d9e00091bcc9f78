import type { Template } from '../letter';
import { greet } from '../phrases';

/** To somebody who has an account, with whose address another one was to be made: only here do they learn of it. */
export const signUpAttempt: Template<'sign_up_attempt'> = {
  en: ({ name, link }, { product }) => ({
    subject: `You already have a ${product} account`,
    greeting: greet.en(name),
    paragraphs: [`Somebody tried to sign up for ${product} with this address, which has an account already. Log in with it; no second one was made.`],
    action: link === undefined ? undefined : { label: 'Choose a new password', link },
    closing: ['If it was not you, there is nothing to do: whoever it was did not learn that you have an account.'],
  }),
  de: ({ name, link }, { product }) => ({
    subject: `Sie haben schon ein Konto bei ${product}`,
    greeting: greet.de(name),
    paragraphs: [
      `mit dieser Adresse sollte ein Konto bei ${product} angelegt werden, und sie hat schon eines. Melden Sie sich damit an; ein zweites gibt es nicht.`,
    ],
    action: link === undefined ? undefined : { label: 'Neues Passwort wählen', link },
    closing: ['Waren Sie das nicht, dann ist nichts zu tun: Wer es war, hat nicht erfahren, dass Sie ein Konto haben.'],
  }),
};
