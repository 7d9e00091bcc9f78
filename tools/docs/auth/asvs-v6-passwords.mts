import type { Requirement } from './asvs.mts';
import { page, test } from './shown-by.mts';

const form = test('gateway/documents', 'hides the password that is typed on its page, and lets a password manager fill it in');
const theForm = 'of the one form that there is here, on the page of the documentation; other pages are not ours';
const policy = test('auth/password-policy', 'a new password', 'that is %s is refused, by a violation that does not repeat it');

/** 6.1 to 6.3. */
export const passwords: readonly Requirement[] = [
  {
    id: '6.1.1',
    level: 1,
    asks: 'a page that says how guessing is kept down, and lock-outs by others too',
    verdict: 'yes',
    shown: [page('auth-limits.md', 'Limits on attempts')],
  },
  {
    id: '6.1.2',
    level: 2,
    asks: 'a list of words that are too near to the product to be in passwords',
    verdict: 'yes',
    because: '`AUTH_PASSWORD_CONTEXT_WORDS`',
    shown: [page('auth-passwords.md#what-a-new-one-has-to-be', 'What a new one has to be')],
  },
  {
    id: '6.1.3',
    level: 2,
    asks: 'all ways in, with what each asks for',
    verdict: 'yes',
    because: 'the table is made from the contract',
    shown: [page('auth.md#ways-in', 'Ways in')],
  },
  {
    id: '6.2.1',
    level: 1,
    asks: 'passwords of 8 characters at least, better 15',
    verdict: 'yes',
    shown: [
      test('auth/passwords/settings', 'the settings of passwords', 'are safe where nothing is said'),
      test('auth/password-policy', 'a new password', 'is as long and as strong as the settings say, and a change names its own field'),
    ],
  },
  {
    id: '6.2.2',
    level: 1,
    asks: 'people can change their password',
    verdict: 'yes',
    shown: [test('auth/change-password', 'changing a password', 'takes the new one from then on, and the old one never again')],
  },
  {
    id: '6.2.3',
    level: 1,
    asks: 'the old one is needed for that',
    verdict: 'yes',
    shown: [test('auth/change-password', 'changing a password', 'asks for the old one, and for somebody who is logged in')],
  },
  { id: '6.2.4', level: 1, asks: 'none of the 3,000 that are used most', verdict: 'yes', because: 'none of 49,000', shown: [policy] },
  {
    id: '6.2.5',
    level: 1,
    asks: 'no rules of what a password is made of',
    verdict: 'yes',
    shown: [test('auth/password-policy', 'a new password', '%s is taken')],
  },
  { id: '6.2.6', level: 1, asks: 'fields that hide what is typed', verdict: 'yes', because: theForm, shown: [form] },
  { id: '6.2.7', level: 1, asks: 'fields that take what password managers paste', verdict: 'yes', because: theForm, shown: [form] },
  {
    id: '6.2.8',
    level: 1,
    asks: 'a password counts as it was sent, whole and in its case',
    verdict: 'partly',
    because:
      'nothing is cut and no case is changed, but spaces of every kind are one and letters have one form (NFC), as RFC 8265 §4.2 has it: else another keyboard locks people out. Of a hash of bcrypt that was imported the first 72 bytes count, until the first login',
    shown: [test('auth/login', 'logging in', 'takes the same password as another keyboard writes it, and no other')],
  },
  {
    id: '6.2.9',
    level: 2,
    asks: '64 characters can be used',
    verdict: 'yes',
    because: '256, each of which counts',
    shown: [test('auth/password-policy', 'a new password', '%s is taken')],
  },
  {
    id: '6.2.10',
    level: 2,
    asks: 'no password has to be changed because of its age',
    verdict: 'yes',
    shown: [test('auth/asvs-secrets', 'a password stays good, however old it is')],
  },
  { id: '6.2.11', level: 2, asks: 'the words of 6.1.2 are looked at', verdict: 'yes', shown: [policy] },
  {
    id: '6.2.12',
    level: 2,
    asks: 'no password that became known in a breach',
    verdict: 'by a setting',
    because: 'all that are known where `AUTH_BREACHED_PASSWORDS_URL` says who is asked, else the 49,000 of 6.2.4',
    shown: [
      test(
        'auth/breached-passwords',
        'a password that became known elsewhere',
        'is refused, and only five digits of its digest were told, with padding asked for',
      ),
    ],
  },
  {
    id: '6.3.1',
    level: 1,
    asks: 'guessing is kept down as 6.1.1 says',
    verdict: 'yes',
    shown: [
      test('auth/attempts', 'who guesses at one account', 'from a thousand addresses has five attempts, while its person gets in from a device that is known'),
      test('auth/attempts', 'does not earn attempts by logging in between'),
    ],
  },
  {
    id: '6.3.2',
    level: 1,
    asks: 'no accounts that are there from the beginning',
    verdict: 'yes',
    shown: [test('auth/asvs-secrets', 'a new installation has no account that somebody else might know the password of')],
  },
  {
    id: '6.3.3',
    level: 2,
    asks: 'everybody has a second factor; at level 3 one of hardware',
    verdict: 'no',
    because: 'people choose whether they have one, and there are no passkeys yet. What asks for it is the method: its access rule may name `acr: "aal2"`',
    shown: [test('access/access', 'the access rule of a method', 'may ask for a proof that is fresh or strong, of who may call at all, and says which')],
  },
  {
    id: '6.3.4',
    level: 2,
    asks: 'no other ways in than those of 6.1.3, none of them weaker',
    verdict: 'yes',
    shown: [
      test('auth/asvs-ways-in', 'a session begins in one of these ways, and in no other'),
      test('auth/second-factor-login', 'logging in with a second factor', 'is asked for of a repeated sign-up as well'),
    ],
  },
  {
    id: '6.3.5',
    level: 3,
    asks: 'people are told of logins that look wrong',
    verdict: 'yes',
    because: 'of a login on a new device, and of who tries to sign up with their email; whoever watches, of codes and attempts that fail',
    shown: [
      test('auth/new-device', 'a login on a device that is not known', 'is told to its person: when, on what, from where, and where there is help'),
      test(
        'auth/verification',
        'signing up where emails are verified first',
        'answers the same for an email that is free and one that is taken, and makes nobody',
      ),
    ],
  },
  {
    id: '6.3.6',
    level: 3,
    asks: 'email is no factor',
    verdict: 'yes',
    because: 'a mail recovers a password, and never stands for a second factor',
    shown: [
      test('auth/asvs-reauthentication', 'who has a second factor', 'needs it after a recovery of the password too: the mail stands for the password alone'),
    ],
  },
  {
    id: '6.3.7',
    level: 3,
    asks: 'people are told when their password, email or factors change',
    verdict: 'yes',
    because: 'of password, email and factors, each by a mail',
    shown: [
      test('auth/factor-mails', 'whoever adds an app, uses a recovery code, makes new ones and removes the app is told each time, and where there is help'),
      test('auth/recovery', 'recovering a password', 'sets the password, ends every session, and tells the owner'),
      test('auth/email-change', 'changing the email', 'is confirmed at the new one, and told to the old one before and after'),
    ],
  },
  {
    id: '6.3.8',
    level: 3,
    asks: 'no answer and no time tells who has an account',
    verdict: 'yes',
    because:
      'with `AUTH_SIGNUP_VERIFICATION=required`, the default; otherwise sign-up tells it. [Imported hashes](auth-import.md#what-time-tells) that cost more than ours take longer until the first login',
    shown: [
      test('e2e/enumeration', '%s answers the same whether the email has an account or not, and as soon'),
      page('measurements.md#who-has-an-account', 'measured'),
    ],
  },
];
