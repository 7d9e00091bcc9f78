import type { Requirement } from './asvs.mts';
import { test } from './shown-by.mts';

const byForm = test('access/hostile-forms', 'by its form, without asking for a key, a token is refused with');
const byClaims = test('access/hostile-claims', 'by its key or by what it says, a token is refused with');

export const v9: readonly Requirement[] = [
  { id: '9.1.1', level: 1, asks: 'the signature is verified before anything else counts', verdict: 'yes', shown: [byClaims] },
  { id: '9.1.2', level: 1, asks: 'algorithms of a list alone, never `none`', verdict: 'yes', because: 'the list is EdDSA', shown: [byForm] },
  {
    id: '9.1.3',
    level: 1,
    asks: 'keys come from where they were said to be, never from the token',
    verdict: 'yes',
    shown: [test('access/hostile-forms', 'by its form, without asking for a key, a token is refused with', 'a place to fetch keys from, where nobody was')],
  },
  { id: '9.2.1', level: 1, asks: 'tokens count between their times alone', verdict: 'yes', shown: [byClaims] },
  {
    id: '9.2.2',
    level: 2,
    asks: 'no token of one kind counts as one of another',
    verdict: 'yes',
    shown: [byClaims, test('auth/second-factor-login', 'a login token', 'is no other token, nor is another one a login token')],
  },
  { id: '9.2.3', level: 2, asks: 'no token for somebody else counts', verdict: 'yes', shown: [byClaims] },
  {
    id: '9.2.4',
    level: 2,
    asks: 'tokens of one key for several audiences say for which',
    verdict: 'yes',
    shown: [
      test('auth/login', 'an access token', 'says who it is for, what they may do, and is verified with the keys of GetJwks'),
      test('access/hostile-claims', 'a token that is ours', 'for a service is taken by that service'),
    ],
  },
];
