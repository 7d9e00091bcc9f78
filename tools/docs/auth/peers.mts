import { type Shown, test, toLink } from './shown-by.mts';

const names = ['Ory', 'Supabase', 'Zitadel', 'Keycloak', 'Logto', 'SuperTokens', 'Better Auth'];

/** What was seen of a peer, in the order of the names: yes, in part, no, known but not looked up, not looked up. */
type Marks = string;
const words: Readonly<Record<string, string>> = { Y: 'yes', P: 'partly', N: 'no', k: 'yes*', '?': '?' };

const rows: readonly (readonly [feature: string, marks: Marks, ...shown: Shown[]])[] = [
  ['sign-up and login by email and password', 'Y Y Y k Y Y Y', test('auth/sign-up', 'creates the person, whose password logs in, and answers with tokens')],
  ['a refresh token is traded for another', 'Y Y Y k Y Y P', test('auth/sessions', 'a refresh token', 'is traded for one successor after another')],
  [
    'one that is used again ends the session',
    'Y Y ? k Y Y P',
    test('auth/sessions', 'a refresh token', 'ends the whole session when it is presented after the window'),
  ],
  [
    'but not where two refresh at once',
    'Y Y ? k N Y P',
    test('auth/sessions', 'a refresh token', 'gives 50 who present it at once the very same successor, and the family grows by one'),
  ],
  ['people list their sessions and end one', 'Y N k k Y P Y', test('auth/session-list', 'a session', 'ends alone, and a second time without an error')],
  ['administrators too', 'Y N k k Y Y Y', test('auth/session-list', 'all sessions', "end by an administrator's word, and are told once")],
  ['JWK Set', 'Y Y Y k Y Y Y', test('e2e/oauth', 'an OAuth client verifies an access token by the JWK Set, as RFC 9068 has it')],
  [
    'keys rotate with an overlap',
    'Y P Y k Y Y Y',
    test('auth/key-rotation', 'is published for ten minutes before it signs, everywhere; the one before is known until its tokens have expired'),
  ],
  ['argon2 unless it is said otherwise', 'N N ? Y Y N N', test('auth/passwords/settings', 'the settings of passwords', 'are safe where nothing is said')],
  [
    'breached passwords are refused',
    'Y Y ? P Y ? Y',
    test(
      'auth/breached-passwords',
      'a password that became known elsewhere',
      'is refused, and only five digits of its digest were told, with padding asked for',
    ),
  ],
  [
    'hashes of other systems are imported',
    'Y P Y k Y Y P',
    test('auth/import-accounts', 'an account that is imported', 'logs in by its password of before (%s), which is ours from then on, weak as it may be'),
  ],
  ['in bulk', 'Y N k k ? Y N', test('auth/import-accounts', 'an account that is imported', 'is there a thousand times, and no progress is lost on the way')],
  ['old hashes are made anew at login', 'Y ? Y Y k ? N', test('auth/login', 'logging in', 'hashes a password anew when the parameters are old')],
  [
    'emails are verified, passwords recovered',
    'Y Y Y k Y Y Y',
    test('auth/verification', 'signing up where emails are verified first', 'makes the person by the link with the password, and opens a session'),
    test('auth/recovery', 'recovering a password', 'sets the password, ends every session, and tells the owner'),
  ],
  [
    'TOTP',
    'Y Y Y Y Y P Y',
    test('auth/second-factor-login', 'logging in with a second factor', 'takes two steps, the first of which gives nothing but a token for the second'),
  ],
  ['recovery codes', 'Y N ? Y Y ? Y', test('auth/second-factor-login', 'a code', 'for recovery lets in once, however it is typed, and is told of')],
  ['roles and permissions', 'N N Y k Y Y Y', test('access/access', 'the access rule of a method', 'permission takes who holds it, and the services it lists')],
  [
    'people are found by filters that combine',
    'N P k k Y k k',
    test('user/list-users', 'lists everyone who is not deleted by id, and deleted people where they are asked for'),
  ],
  ['pages by cursor', 'Y Y ? k N Y k', test('user/list-users', 'goes on after the last person, whoever comes, goes or is renamed meanwhile')],
  ['limits of rate', 'N Y P P P N Y', test('gateway/rate-limits', 'is told what is left to it, and is refused when nothing is')],
  [
    'who guesses is kept out',
    'N N Y Y Y N N',
    test('auth/attempts', 'who guesses at one account', 'from a thousand addresses has five attempts, while its person gets in from a device that is known'),
  ],
  [
    'nobody learns who has an account, unless it is said otherwise',
    'N P ? ? ? ? P',
    test('e2e/enumeration', '%s answers the same whether the email has an account or not, and as soon'),
  ],
  ['introspection and revocation (RFC 7662, 7009)', 'Y N P P Y P Y', test('e2e/oauth', 'an OAuth client refreshes, introspects and revokes')],
  ['gRPC', 'N N Y N N N N', test('e2e/verdicts', '%s admits whom docs/access.md says')],
  [
    'an access token that is revoked is refused everywhere within a second',
    'P N P P P P P',
    test('e2e/revocations', '${size.perSecond} a second are heard by three verifiers, and again after the feed was held'),
  ],
];

/** The lines of the table. */
export const peers: readonly string[] = [
  `| | Gatehouse | ${names.join(' | ')} |`,
  `| --- | --- |${' --- |'.repeat(names.length)}`,
  ...rows.map(([feature, marks, ...shown]) => {
    const seen = marks.split(' ').map((mark) => words[mark]);
    if (seen.length !== names.length || seen.includes(undefined)) throw new Error(`tools/docs/auth/peers.mts: "${feature}" has other marks than one a peer`);
    return `| ${feature} | yes: ${shown.map(toLink).join('; ')} | ${seen.join(' | ')} |`;
  }),
];
