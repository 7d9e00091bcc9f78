import { runSource } from '../run-source.mts';

/** What each method that answers tokens asks for, and what bounds guessing at it. */
const asks: Readonly<Record<string, readonly [proof: string, strength: string]>> = {
  'AuthService.SignUp': ['an email and a new password; tokens at once only where `AUTH_SIGNUP_VERIFICATION` is not `required`', '`aal1`'],
  'AuthService.Login': ['the password; of who has a second factor it gives a login token alone', '`aal1`'],
  'FactorService.CompleteLogin': ['that login token, and a code of the app or for recovery', '`aal2`'],
  'EmailService.VerifyEmail': ['what was mailed to who signs up: the link and the password, or the digits where the sign-up was made', '`aal1`'],
  'InvitationService.AcceptInvitation': ['the link of an invitation, and a first password', '`aal1`'],
  'AuthService.Refresh': ['a refresh token', 'as the session has'],
  'TokenService.IssueToken': ['a refresh token, as OAuth 2.0 has it', 'as the session has'],
  'FactorService.StepUp': ['an access token, and the password or, of who has a second factor, a code of it', '`aal1`, `aal2`'],
};

const source = `
import { descriptorSet } from '@gatehouse/contracts/auth';
import { readMethods } from '@gatehouse/rpc';
export const names = readMethods([descriptorSet])
  .filter(({ descriptor }) => descriptor.output.fields.some(({ name }) => /^(access|refresh|login)_token$/.test(name)))
  .map(({ descriptor, name }) => descriptor.parent.name + '.' + name);
`;

/** The lines of the table. @throws where a method of the contract answers tokens and is not among them, or one of them does not */
export const readWaysIn = (): Promise<readonly string[]> =>
  runSource(source, process.cwd(), ({ names }: { names: readonly string[] }) => {
    const known = Object.keys(asks);
    const differing = [...names.filter((name) => !known.includes(name)), ...known.filter((name) => !names.includes(name))];
    if (differing.length) throw new Error(`tools/docs/auth/ways-in.mts and the contract differ in who gets tokens: ${differing.join(', ')}`);
    return ['| method | what it asks for | strength |', '| --- | --- | --- |', ...known.map((name) => `| \`${name}\` | ${asks[name]!.join(' | ')} |`)];
  });
