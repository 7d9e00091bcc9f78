import type { Requirement } from './asvs.mts';
import { test } from './shown-by.mts';

const noPhone = 'nothing is sent to phones';
const noProvider = 'people of other identity providers are not taken yet';

/** 6.4 to 6.8. */
export const factors: readonly Requirement[] = [
  {
    id: '6.4.1',
    level: 1,
    asks: 'first secrets are random, short-lived, and no password for good',
    verdict: 'yes',
    shown: [
      test('auth/invitations', 'inviting somebody', 'makes the person, who sets their first password by the link and is in'),
      test('auth/invitations', 'inviting somebody', 'is accepted once, of several at the same time'),
    ],
  },
  {
    id: '6.4.2',
    level: 1,
    asks: 'no hints, no secret questions',
    verdict: 'yes',
    shown: [test('auth/asvs-ways-in', 'nothing is asked that others know of a person: there are no hints and no questions')],
  },
  {
    id: '6.4.3',
    level: 2,
    asks: 'a forgotten password is no way around the second factor',
    verdict: 'yes',
    shown: [
      test('auth/asvs-reauthentication', 'who has a second factor', 'needs it after a recovery of the password too: the mail stands for the password alone'),
    ],
  },
  {
    id: '6.4.4',
    level: 2,
    asks: 'who lost a factor proves who they are as well as when they got it',
    verdict: 'partly',
    because: 'a recovery code does; who lost those too asks an administrator, and how that one makes sure is not ours to see',
    shown: [test('auth/factors', 'whoever changes factors', 'may be an administrator, for who lost their phone')],
  },
  { id: '6.4.5', level: 3, asks: 'a reminder before a factor expires', verdict: 'none', because: 'none does' },
  {
    id: '6.4.6',
    level: 3,
    asks: 'administrators can have a password reset, and never choose it',
    verdict: 'partly',
    because:
      'they ask for the mail as anybody does, and no method sets the password of who has one. But an import sets a first one by its hash, and who can run `bootstrap` beside the database sets that of an administrator, and with `--reset-factors` takes their second factor away',
    shown: [
      test('auth/invitations', 'inviting somebody', 'is renewed, the last link being over, also for who was made otherwise'),
      test('auth/import-accounts', 'an account that is imported', 'keeps the password that it has, and that of a sign-up that is not at its end'),
    ],
  },
  {
    id: '6.5.1',
    level: 2,
    asks: 'each code works once',
    verdict: 'yes',
    shown: [
      test('auth/second-factor-login', 'a code', 'lets in once, and neither it nor an earlier one does so again'),
      test('auth/second-factor-login', 'a code', 'for recovery lets in once, however it is typed, and is told of'),
      test('auth/recovery', 'recovering a password', 'is done once with one mail, of several at the same time'),
    ],
  },
  {
    id: '6.5.2',
    level: 2,
    asks: 'recovery codes of less than 112 bits are hashed as passwords are',
    verdict: 'yes',
    because: 'they have 120, so that one round of SHA-256 is enough',
    shown: [
      test('auth/asvs-secrets', 'recovery codes have 120 random bits, and no two are the same'),
      test('auth/factors', 'what is kept', 'holds no secret, code or token that could be used'),
    ],
  },
  {
    id: '6.5.3',
    level: 2,
    asks: 'codes and secrets come from a generator made for that',
    verdict: 'yes',
    because: '`node:crypto` for all of them',
    shown: [test('auth/asvs-secrets', 'recovery codes have 120 random bits, and no two are the same')],
  },
  {
    id: '6.5.4',
    level: 2,
    asks: 'codes have 20 bits at least',
    verdict: 'yes',
    because: 'recovery codes 120, digits in mails 26, links 256',
    shown: [test('auth/asvs-secrets', 'recovery codes have 120 random bits, and no two are the same'), test('auth/asvs-secrets', 'digits in mails are eight')],
  },
  {
    id: '6.5.5',
    level: 2,
    asks: 'codes in mails live 10 minutes at most, those of an app 30 seconds',
    verdict: 'partly',
    because:
      'a code of the 30 seconds before and after counts too (RFC 6238 §5.2). Mails are no factor here; they live from 30 minutes to a week, by settings, because mail is slow and people are not waiting for all of them',
    shown: [test('auth/second-factor-login', 'a code', 'of the step before, of this one and of the next lets in, and no other')],
  },
  {
    id: '6.5.6',
    level: 3,
    asks: 'any factor can be taken away',
    verdict: 'yes',
    shown: [
      test('auth/step-up', 'stepping up', 'by a password forgets a factor that is gone'),
      test('auth/factors', 'whoever changes factors', 'may be an administrator, for who lost their phone'),
    ],
  },
  { id: '6.5.7', level: 3, asks: 'biometrics beside something else alone', verdict: 'none', because: 'there are none' },
  {
    id: '6.5.8',
    level: 3,
    asks: 'codes of an app are judged by our own clock',
    verdict: 'yes',
    because: 'no request says a time',
    shown: [test('auth/second-factor-login', 'a code', 'of the step before, of this one and of the next lets in, and no other')],
  },
  { id: '6.6.1', level: 2, asks: 'codes by phone only beside something better', verdict: 'none', because: noPhone },
  {
    id: '6.6.2',
    level: 2,
    asks: 'a code is good for the request that it was made for alone',
    verdict: 'yes',
    shown: [
      test('auth/recovery', 'recovering a password', 'takes nothing that was mailed for another purpose'),
      test('auth/recovery', 'recovering a password', 'takes the last mail alone'),
    ],
  },
  {
    id: '6.6.3',
    level: 2,
    asks: 'codes cannot be guessed',
    verdict: 'yes',
    shown: [
      test('auth/verification', 'signing up where emails are verified first', 'looks at five digits at most, however many come at once'),
      test('auth/second-factor-login', 'a login token', 'takes no more than five of fifty at once'),
    ],
  },
  { id: '6.6.4', level: 3, asks: 'nobody is worn down by push messages', verdict: 'none', because: noPhone },
  { id: '6.7.1', level: 3, asks: 'certificates that prove who somebody is cannot be changed', verdict: 'none', because: 'there are no passkeys yet' },
  { id: '6.7.2', level: 3, asks: 'challenges of 64 bits, each once', verdict: 'none', because: 'there are no passkeys yet' },
  { id: '6.8.1', level: 2, asks: 'no provider speaks for people of another one', verdict: 'none', because: noProvider },
  { id: '6.8.2', level: 2, asks: 'what a provider says is signed', verdict: 'none', because: noProvider },
  { id: '6.8.3', level: 2, asks: 'what a provider says counts once (SAML)', verdict: 'none', because: noProvider },
  { id: '6.8.4', level: 2, asks: 'how well a provider had people prove who they are is looked at', verdict: 'none', because: noProvider },
];
