import { getOption, hasOption, type DescMethod } from '@bufbuild/protobuf';
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { toProjectFiles } from '../generators/lib/lib-files.mts';
import { registerMigration } from '../generators/migration/register-migration.mts';
import { toReasonText } from '../generators/error-reason/reason-text.mts';
import { findImplementations } from '../generators/rpc/implementations.mts';
import { toMessageTexts, toMethodText } from '../generators/rpc/method-text.mts';
import { type MethodOptions, planMethod } from '../generators/rpc/plan-method.mts';
import { type Contract, element, formatProto, readContract } from '../source/contract.mts';
import { parseTypeScript } from '../source/typescript-source.mts';

const root = resolve(__dirname, '../../..');
const read = (file: string) => readFileSync(join(root, file), 'utf8');
const lines = (text: string) => text.split('\n').map((line) => line.trim());
const noSideEffects = 1;

interface Living {
  readonly contract: Contract;
  readonly method: DescMethod;
}
const livingOf = (name: string): Living[] => {
  const contract = readContract(root, name);
  return [...contract.registry.files]
    .flatMap(({ services }) => services)
    .filter(({ file }) => file.proto.package === `gatehouse.${name}.v1`)
    .flatMap(({ methods }) => methods.map((method) => ({ contract, method })));
};
// the generator adds to the service that is named after its package; services of one subject beside it are written by hand
const living = ['user', 'auth'].flatMap(livingOf).filter(({ contract, method }) => method.parent.name.toLowerCase() === `${contract.name}service`);
const httpOf = ({ contract: { registry }, method }: Living) => {
  const http = registry.getExtension('google.api.http')!;
  if (!hasOption(method, http)) return undefined;
  const { pattern, body } = getOption(method, http) as { pattern: { case: string; value: string }; body: string };
  return { verb: pattern.case, path: pattern.value, ...(body && { body }) };
};

/** What a developer would have said on the command line, where the name alone does not tell. */
const said: Readonly<Record<string, MethodOptions>> = {
  ResolvePerson: { http: 'none' },
  EnsureAdministrator: { http: 'none' },
  EraseUser: { http: 'none' },
  SignUp: { access: 'public' },
  Login: { access: 'public' },
  Refresh: { access: 'public' },
  Logout: { access: 'public' },
};
/** Methods that answer with the resource, which AIP-136 and a soft deletion (AIP-164) leave open: it is written by hand. */
const answersWithResource = ['EnsureAdministrator', 'DeleteUser', 'UndeleteUser', 'SuspendUser', 'ReinstateUser'];
/** Those whose name does not tell what they are: of many (AIP-231), by another name than the id, streams. */
const writtenByHand = [
  'BatchGetUsers',
  'GetUserByExternalId',
  'SearchUsers',
  'SetUserRoles',
  'ImportUsers',
  'ExportUsers',
  'WatchUserChanges',
  'RecordLastSeen',
];
const planOf = ({ contract, method }: Living) =>
  planMethod(
    method.name,
    {
      service: contract.name,
      messages: new Set(contract.files.flatMap(({ descriptor }) => descriptor.messageType.map(({ name }) => name))),
      keepsWrites: contract.name === 'user',
    },
    said[method.name],
  );

describe('a method that is there would be made as it is', () => {
  it.each(living.filter(({ method }) => !writtenByHand.includes(method.name)).map((each) => [each.method.name, each] as const))('%s', (_name, each) => {
    const { method } = each;
    const plan = planOf(each);
    expect({
      http: plan.http,
      reads: plan.reads,
      requestType: plan.requestType,
      responseType: plan.responseType,
    }).toEqual({
      http: httpOf(each),
      reads: method.idempotency === noSideEffects,
      requestType: method.input.name,
      responseType: answersWithResource.includes(method.name) ? `${method.name}Response` : method.output.name,
    });
  });

  it('with its access rule and its options, line by line', () => {
    const source = lines(read('proto/gatehouse/user/v1/user.proto'));
    for (const each of living.filter(({ method }) => ['CreateUser', 'ListUsers', 'ResolvePerson'].includes(method.name)))
      for (const line of lines(formatProto(root, `syntax = "proto3";\nservice S {\n${toMethodText(planOf(each))}\n}\n`)).slice(3))
        if (!line.startsWith('//')) expect(source).toContain(line);
  });

  it('with the fields that methods of its kind have, in the words that they have there', () => {
    const source = read('proto/gatehouse/user/v1/user.proto');
    const made = (name: string) => {
      const each = living.find(({ method }) => method.name === name)!;
      return [...toMessageTexts(planOf(each), new Set(['User'])).values()].map(
        (text) => formatProto(root, `syntax = "proto3";\n\n${text}\n`).split('\n\n')[1]!,
      );
    };
    const listed = made('ListUsers');
    expect(listed).toHaveLength(2);
    // a page has more to say there than a list begins with
    const known = lines(read('proto/gatehouse/user/v1/role.proto'));
    for (const line of lines(
      listed.join('\n').replaceAll('User', 'Role').replaceAll('users', 'roles').replace('repeated Role roles', 'repeated RoleDefinition roles'),
    ))
      expect(known).toContain(line);
    const requestId = lines(made('CreateUser')[0]!).slice(1, -2).join('\n').replace('= 1', '= 3');
    expect(requestId).toContain('string request_id = 3 [');
    expect(lines(source).join('\n')).toContain(requestId);
  });

  it('with a handler that keeps what is written', () => {
    const folder = 'apps/user/src';
    const file = parseTypeScript('user-service.ts', read(`${folder}/user-service.ts`));
    const [service] = findImplementations(file, 'UserServiceDefinition');
    expect(service?.keepsWrites).toBe(true);
    const sources = readdirSync(join(root, folder)).filter((name) => name.endsWith('.ts'));
    const texts = sources.map((name) => read(`${folder}/${name}`)).join('\n');
    for (const name of ['createUser', 'updateUser', 'setUserRoles', 'ensureAdministrator']) expect(texts).toContain(`${name}: write('${name}', async `);
  });
});

it('a reason that is there would be written as it is, but for its translations', () => {
  const { files } = readContract(root, 'user');
  const file = files.find(({ path }) => path.endsWith('errors.proto'))!;
  const { at, to } = file.find([element.enumeration, 0, 2, 1]);
  const text = toReasonText('USER_ERROR_REASON_USER_NOT_FOUND', 1, {
    code: 'NOT_FOUND',
    title: 'User not found',
    message: 'there is no such user',
    metadata: ['id'],
    retry: 'never',
  });
  expect(file.text.slice(at, to).replace(/\s+translations: \{[^}]*\}/, '')).toBe(text.trim());
});

it('the migrations of user would be listed as they are', () => {
  const path = 'apps/user/src/postgres/migrations.ts';
  const now = read(path);
  const names = [...now.matchAll(/name: '(\d{4}_\w+)'/g)].map(([, name]) => name!);
  const last = names.at(-1)!;
  const before = lines(now).filter((line) => !line.includes(last));
  expect(lines(registerMigration(path, before.join('\n'), last).replace(', {', ',\n{').replace('},,', '},'))).toEqual(lines(now));
});

it('a lib that is there has the files that it would be made with', () => {
  for (const [file, text] of Object.entries(toProjectFiles('lifecycle')))
    if (file.endsWith('.json')) expect(JSON.parse(text)).toEqual(JSON.parse(read(`libs/lifecycle/${file}`)));
    else expect(text).toBe(read(`libs/lifecycle/${file}`));
});
