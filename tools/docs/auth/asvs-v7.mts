import type { Requirement } from './asvs.mts';
import { page, test } from './shown-by.mts';

const howLong = page('auth-sessions.md#how-long-and-how-many', 'How long, and how many');
const limits = test('auth/sessions', 'time', 'ends a token that is not used, and a session however often it is refreshed');
const noFederation = 'sessions begin and end in `auth` alone, which no other system shares them with';

export const v7: readonly Requirement[] = [
  { id: '7.1.1', level: 2, asks: 'how long sessions live, and why longer than NIST has it', verdict: 'yes', shown: [howLong] },
  { id: '7.1.2', level: 2, asks: 'how many sessions a person may have', verdict: 'yes', because: 'as many as they like', shown: [howLong] },
  { id: '7.1.3', level: 2, asks: 'how the systems of a federation share sessions', verdict: 'none', because: noFederation },
  {
    id: '7.2.1',
    level: 1,
    asks: 'tokens are verified by services, never by the client',
    verdict: 'yes',
    shown: [test('gateway/calls', 'that is good goes on to the service, which judges by itself')],
  },
  {
    id: '7.2.2',
    level: 1,
    asks: 'tokens are made anew for each session',
    verdict: 'yes',
    shown: [test('auth/sessions', 'a refresh token', 'is traded for one successor after another')],
  },
  {
    id: '7.2.3',
    level: 1,
    asks: 'opaque tokens have 128 random bits at least',
    verdict: 'yes',
    shown: [test('auth/asvs-secrets', 'each refresh token is another one, of 256 random bits')],
  },
  {
    id: '7.2.4',
    level: 1,
    asks: 'who proves who they are gets a new token, and the one before ends',
    verdict: 'partly',
    because:
      'each login opens a session of its own, and ends none that it does not know of. Stepping up gives a new access token; that of before is good for the rest of its 15 minutes, and for no more than it was',
    shown: [test('auth/step-up', 'stepping up', 'makes a proof fresh by the password, in the same session, where there is no second factor')],
  },
  { id: '7.3.1', level: 2, asks: 'a session that nobody uses ends', verdict: 'yes', shown: [limits] },
  { id: '7.3.2', level: 2, asks: 'a session ends, however much it is used', verdict: 'yes', shown: [limits] },
  {
    id: '7.4.1',
    level: 1,
    asks: 'what has ended lets nobody in, also by tokens that are verified locally',
    verdict: 'yes',
    shown: [
      test('auth/sessions', 'logging out', 'ends the session, also by a token that was traded already, and is no error twice'),
      test('e2e/revocations', 'a session that was ended lets nobody in any more, over HTTP and gRPC, and others do'),
    ],
  },
  {
    id: '7.4.2',
    level: 1,
    asks: 'sessions end with the account',
    verdict: 'yes',
    shown: [
      test('auth/follow-users', 'what happens to a person', 'who is %s has no session any more, also once that is undone, and everybody else keeps theirs'),
    ],
  },
  {
    id: '7.4.3',
    level: 2,
    asks: 'who changes a password or a factor can end all other sessions',
    verdict: 'yes',
    because: 'of a password it is done by itself',
    shown: [
      test('auth/change-password', 'changing a password', 'ends every other session of the person, and no session of others'),
      test('auth/asvs-reauthentication', 'who has a second factor', 'can end all other sessions after a factor was added or removed'),
    ],
  },
  {
    id: '7.4.4',
    level: 2,
    asks: 'a way to log out on every page',
    verdict: 'no',
    because: 'the one page here that people log in on, that of the documentation, forgets its token when it is left, and does not log out',
  },
  {
    id: '7.4.5',
    level: 2,
    asks: 'administrators can end the sessions of one, and of all',
    verdict: 'yes',
    because: 'of all by the command `reconcile`',
    shown: [
      test('auth/session-list', 'all sessions', "end by an administrator's word, and are told once"),
      test(
        'auth/reconcile',
        'where auth is older than user',
        'ends every session, counts who has no password here, and names them by id where that is asked for',
      ),
    ],
  },
  {
    id: '7.5.1',
    level: 2,
    asks: 'email and factors change only for who proves anew who they are, in full',
    verdict: 'yes',
    shown: [
      test('auth/asvs-reauthentication', 'who has a second factor', 'needs it beside the password to change the email'),
      test('auth/asvs-reauthentication', 'who has a second factor', 'needs it beside the password to change the password'),
      test('user/own-profile', 'do not change their email, though they may write it as it is'),
      test('auth/factors', 'whoever changes factors', 'needs the factor that they have: a session from before it does not do until it steps up'),
    ],
  },
  {
    id: '7.5.2',
    level: 2,
    asks: 'people see their sessions, and end any after a new proof',
    verdict: 'partly',
    because: 'they see and end them without one: who finds a stranger among them should not be kept from ending that by anything',
    shown: [
      test('auth/session-list', 'the list of sessions', 'tells where its person is logged in, newest first, and which one asks'),
      test('auth/session-list', 'a session', 'ends alone, and a second time without an error'),
    ],
  },
  {
    id: '7.5.3',
    level: 3,
    asks: 'what is most sensitive asks for a new proof',
    verdict: 'partly',
    because:
      'password, email, factors and the erasure of a person do; roles, keys and imports do not, for they are done by programs too. An access rule can say so of any method',
    shown: [test('access/access', 'the access rule of a method', 'may ask for a proof that is fresh or strong, of who may call at all, and says which')],
  },
  { id: '7.6.1', level: 2, asks: 'sessions of a federation end as is said', verdict: 'none', because: noFederation },
  {
    id: '7.6.2',
    level: 2,
    asks: 'no session begins by itself',
    verdict: 'yes',
    shown: [test('auth/asvs-ways-in', 'no session begins by a link that is opened: each of them takes a POST')],
  },
];
