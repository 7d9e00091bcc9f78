import { getOption, hasOption, ScalarType } from '@bufbuild/protobuf';
import { MethodOptions_IdempotencyLevel } from '@bufbuild/protobuf/wkt';
import { field as fieldRules, Ignore } from '@bufbuild/protovalidate/gen/buf/validate/validate_pb.js';
import { readMethods } from '@gatehouse/rpc';
import { descriptorSet } from '../src/gen/descriptor-set';

// A repetition of these opens another session, finds the same successor, or ends what has ended: see docs/decisions/0009.
const ofSessions = ['gatehouse.auth.v1.AuthService/Login', 'gatehouse.auth.v1.AuthService/Refresh', 'gatehouse.auth.v1.AuthService/Logout'];
// An import has its import_id, and of when people were seen the latest counts.
const without = [...ofSessions, 'gatehouse.user.v1.UserService/ImportUsers', 'gatehouse.user.v1.UserService/RecordLastSeen'];
const writes = readMethods([descriptorSet]).filter(({ descriptor }) => descriptor.idempotency !== MethodOptions_IdempotencyLevel.NO_SIDE_EFFECTS);
const findRequestId = ({ descriptor }: (typeof writes)[0]) => descriptor.input.fields.find(({ name }) => name === 'request_id');

it('every method that writes takes a request_id, but for those of a session and those that are safe to repeat by themselves', () => {
  expect(writes.length).toBeGreaterThan(without.length);
  expect(
    writes
      .filter((method) => !findRequestId(method))
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
