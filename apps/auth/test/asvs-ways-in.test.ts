import { getOption, hasOption } from '@bufbuild/protobuf';
import { descriptorSet } from '@gatehouse/contracts/auth';
import { createRegistryOf, type RpcMethod, readMethods } from '@gatehouse/rpc';

const sets = [descriptorSet];
const methods = readMethods(sets);
const nameOf = ({ descriptor, name }: RpcMethod) => `${descriptor.parent.name}.${name}`;
const waysIn = methods.filter(({ descriptor }) => descriptor.output.fields.some(({ name }) => /^(access|refresh|login)_token$/.test(name)));

it('a session begins in one of these ways, and in no other', () => {
  const steps = ['SignUp', 'Login', 'Refresh'].map((name) => `AuthService.${name}`);
  const others = ['EmailService.VerifyEmail', 'InvitationService.AcceptInvitation', 'TokenService.IssueToken'];
  expect(waysIn.map(nameOf).sort()).toEqual([...steps, ...others, 'FactorService.CompleteLogin', 'FactorService.StepUp'].sort());
});

it('no session begins by a link that is opened: each of them takes a POST', () => {
  const http = createRegistryOf(sets).getExtension('google.api.http')!;
  const verbOf = ({ descriptor }: RpcMethod) =>
    hasOption(descriptor, http) ? (getOption(descriptor, http) as { pattern: { case: string } }).pattern.case : undefined;
  expect(waysIn.map((way) => [nameOf(way), verbOf(way)])).toEqual(waysIn.map((way) => [nameOf(way), 'post']));
});

it('nothing is asked that others know of a person: there are no hints and no questions', () => {
  const asked = methods.flatMap((method) => method.descriptor.input.fields.map(({ name }) => `${nameOf(method)} ${name}`));
  expect(asked).toContain('AuthService.Login password');
  expect(asked.filter((field) => /(?<!token_type_)hint|question|answer|birth|maiden/.test(field.split(' ')[1]!))).toEqual([]);
});
