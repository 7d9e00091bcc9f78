import { create, fromBinary, setExtension, toBinary } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import {
  access,
  AccessRuleSchema,
  cache,
  CachePolicySchema,
  cursor,
  CursorSchema,
  error_reasons as errorReasons,
  form,
  long_lived as longLived,
} from '@gatehouse/contracts/api';
import { createRegistryOf, readMethods } from '@gatehouse/rpc';
import { createContractDescription } from '../src/describe-method';
import { descriptorSet } from '../src/gen/descriptor-set';

type Options = NonNullable<ReturnType<typeof fromBinary<typeof FileDescriptorSetSchema>>['file'][0]['service'][0]['method'][0]['options']>;

/** What is said of ListUsers, with options that it does not have in the contract. */
function describe(change: (options: Options) => void) {
  const set = fromBinary(FileDescriptorSetSchema, descriptorSet);
  const method = set.file.flatMap(({ service }) => service.flatMap((each) => each.method)).find(({ name }) => name === 'ListUsers')!;
  change(method.options!);
  const bytes = toBinary(FileDescriptorSetSchema, set);
  return createContractDescription(createRegistryOf([bytes])).describe(readMethods([bytes]).find(({ name }) => name === 'ListUsers')!);
}

it('the options of a contract say where a stream is taken up again, that it goes on, and that a form is read', () => {
  const described = describe((options) => {
    setExtension(options, cursor, create(CursorSchema, { requestField: 'page_token', responseField: 'next_page_token' }));
    setExtension(options, longLived, true);
    setExtension(options, form, true);
  });
  expect(described).toMatchObject({ cursor: { requestField: 'page_token', responseField: 'next_page_token' }, isLongLived: true, acceptsForm: true });
  expect(describe(() => {})).toMatchObject({ isLongLived: false, acceptsForm: false, security: { scopes: ['users.read'] } });
});

it('a reason that no enum of errors has stops the start', () => {
  expect(() => describe((options) => setExtension(options, errorReasons, ['NO_SUCH_REASON']))).toThrow('NO_SUCH_REASON');
});

it('an answer that others may keep is one that is the same to all', () => {
  const kept = (options: Options) => setExtension(options, cache, create(CachePolicySchema, { maxAge: { seconds: 300n } }));
  expect(() => describe(kept)).toThrow('gatehouse.user.v1.UserService/ListUsers has a (gatehouse.api.v1.cache), and is not public');
  const open = (options: Options) => setExtension(options, access, create(AccessRuleSchema, { rule: { case: 'public', value: {} } }));
  expect(describe((options) => (open(options), kept(options)))).toMatchObject({ cache: { maxAge: 300, staleWhileRevalidate: 0 } });
});
