import { getOption, hasOption, ScalarType } from '@bufbuild/protobuf';
import { MethodOptions_IdempotencyLevel } from '@bufbuild/protobuf/wkt';
import { field as fieldRules, Ignore } from '@bufbuild/protovalidate/gen/buf/validate/validate_pb.js';
import { readMethods } from '@gatehouse/rpc';
import { descriptorSet } from '../src/gen/descriptor-set';

// What the contract does not call idempotent, and takes none all the same: see docs/decisions/0009.
const without = [
  // a repetition opens another session, or finds the same successor; a step-up is the same proof again
  'auth.v1.AuthService/Login',
  'auth.v1.AuthService/Refresh',
  'auth.v1.FactorService/CompleteLogin',
  'auth.v1.FactorService/StepUp',
  'auth.v1.TokenService/IssueToken',
  // what was mailed is good once
  'auth.v1.EmailService/VerifyEmail',
  'auth.v1.EmailService/ConfirmEmailChange',
  'auth.v1.InvitationService/AcceptInvitation',
  'auth.v1.RecoveryService/ResetPassword',
  // another mail is sent, within limits, and ends the one before
  'auth.v1.EmailService/ChangeEmail',
  'auth.v1.EmailService/ResendVerification',
  'auth.v1.InvitationService/ResendInvitation',
  'auth.v1.RecoveryService/RequestPasswordReset',
  // the old password is no more, a code of an app is good once, what was removed is gone, and secrets are shown in no second answer
  'auth.v1.PasswordService/ChangePassword',
  'auth.v1.FactorService/ConfirmTotp',
  'auth.v1.FactorService/DeleteFactor',
  'auth.v1.FactorService/EnrollTotp',
  'auth.v1.FactorService/RegenerateRecoveryCodes',
  // an import has an id of its own
  'auth.v1.AccountService/ImportAccounts',
  'user.v1.UserService/ImportUsers',
].map((name) => `gatehouse.${name}`);
const writes = readMethods([descriptorSet]).filter(({ descriptor }) => descriptor.idempotency !== MethodOptions_IdempotencyLevel.NO_SIDE_EFFECTS);
const findRequestId = ({ descriptor }: (typeof writes)[0]) => descriptor.input.fields.find(({ name }) => name === 'request_id');

it('every method that writes takes a request_id, but for those that are idempotent, and those that are named here', () => {
  expect(writes.length).toBeGreaterThan(without.length);
  expect(
    writes
      .filter((method) => !findRequestId(method) && method.descriptor.idempotency !== MethodOptions_IdempotencyLevel.IDEMPOTENT)
      .map(({ path }) => path)
      .sort(),
  ).toEqual([...without].sort());
});

it.each(writes.flatMap((method) => findRequestId(method) ?? []).map((field) => [field.parent.typeName, field] as const))(
  'the request_id of %s is a UUID, or left out',
  (_name, field) => {
    expect(field).toMatchObject({ fieldKind: 'scalar', scalar: ScalarType.STRING });
    expect(hasOption(field, fieldRules)).toBe(true);
    const { type, ignore } = getOption(field, fieldRules);
    expect(type).toMatchObject({ case: 'string', value: { wellKnown: { case: 'uuid', value: true } } });
    expect(ignore).toBe(Ignore.IF_ZERO_VALUE);
  },
);
