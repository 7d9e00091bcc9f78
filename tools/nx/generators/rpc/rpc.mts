import { formatFiles, type GeneratorCallback, type Tree } from '@nx/devkit';
import { requireCleanTree } from '../../source/clean-tree.mts';
import { type Contract, element, formatProto, type ProtoFile, readContract } from '../../source/contract.mts';
import { toKebab, upperFirst } from '../../source/names.mts';
import { addImports, appendToBlock } from '../../source/proto-edits.mts';
import { applyEdits } from '../../source/text-edits.mts';
import { exportFrom, parseTypeScript } from '../../source/typescript-source.mts';
import { addHandlers, findServices } from './add-handlers.mts';
import { toMessageTexts, toMethodText } from './method-text.mts';
import { type MethodOptions, type MethodPlan, planMethod } from './plan-method.mts';
import { requireFreeRoute } from './routes.mts';
import { readTestStage } from './test-stage.mts';
import { toTestText } from './test-text.mts';

interface RpcOptions extends MethodOptions {
  readonly service: string;
  readonly name: string;
  readonly allowDirty?: boolean;
}

/**
 * `nx g gatehouse:rpc <service> <Name>`: a method in the contract, a handler in whatever implements the service, and its test.
 * @throws Error that says what of the command line, or of the tree, stands in the way; nothing is written then
 */
export async function rpcGenerator(tree: Tree, options: RpcOptions): Promise<GeneratorCallback> {
  const { service, name } = options;
  if (!/^[A-Z][a-z0-9]+([A-Z][a-z0-9]+)*$/.test(name))
    throw new Error(`"${name}" is no name of a method: write it in PascalCase, verb first (AIP-190), as ArchiveUser`);
  requireOptions(options);
  const contract = readContract(tree.root, service);
  const file = fileOfService(contract);
  const [definition] = file.descriptor.service;
  if (definition!.method.some((method) => method.name === name)) throw new Error(`${file.path} has the method ${name} already: take another name`);

  const [served, ...others] = findServices(tree, `${definition!.name}Definition`);
  if (!served) throw new Error(`nothing in apps/*/src implements ${definition!.name} (RpcService<${definition!.name}Definition>): add that first`);
  const messages = new Map(contract.files.flatMap(({ descriptor }) => descriptor.messageType).map((message) => [message.name, message]));
  const plan = planMethod(name, { service, messages: new Set(messages.keys()), keepsWrites: served.keepsWrites }, options);
  requireFreeNames(plan, messages, file);
  if (plan.http) requireFreeRoute(contract.registry, plan.http);
  const [, app] = served.path.split('/');
  const test = `apps/${app}/test/${toKebab(name)}.test.ts`;
  if (tree.exists(test)) throw new Error(`${test} is there already: move it, or take another name`);
  const under = `apps/${app}/test/${app}-under-test.ts`;
  if (!tree.exists(under)) throw new Error(`there is no ${under}, which the test of the method needs: see apps/user/test/user-under-test.ts`);
  const stage = readTestStage(under, tree.read(under, 'utf8')!, `${definition!.name}Definition`);
  if (plan.access.kind !== 'public' && !stage.issuesTokens)
    throw new Error(`${under} has no "as(token)" for ${definition!.name} and no "issuer", so no test can call with a token: add them, or say --access public`);
  requireCleanTree(tree.root, options.allowDirty);

  const made = toMessageTexts(plan, new Set(messages.keys()));
  tree.write(file.path, formatProto(tree.root, addToProto(file, plan, [...made.values()])));
  addExports(tree, contract.name, file, [...made.keys()]);
  for (const place of [served, ...others]) addHandlers(tree, place, plan, service);
  tree.write(test, toTestText(plan, { app: app!, service, stage }));
  await formatFiles(tree);
  return () => console.log(toLastWords(plan, app!, served.path, test));
}

function requireOptions({ http, path, access, permission, caller, summary }: RpcOptions): void {
  if (summary !== undefined && (summary.trim() === '' || /[\r\n]/.test(summary)))
    throw new Error('--summary is one sentence on one line: say what the method does');
  if (path !== undefined && http === 'none') throw new Error('--http none has no route, so leave --path out');
  if (path !== undefined && !/^\/v1(\/[a-z0-9{][A-Za-z0-9_.{}-]*)+(:[a-z][A-Za-z]*)?$/.test(path))
    throw new Error(`"${path}" is no path of a route: write one as /v1/users/{id} or /v1/users:count (AIP-127)`);
  if (permission !== undefined && !/^[a-z][A-Za-z]*\.[a-z][A-Za-z]*$/.test(permission))
    throw new Error(`"${permission}" is no permission: write one as users.read`);
  if (permission !== undefined && access !== undefined && access !== 'permission')
    throw new Error(`--permission goes with --access permission, not with ${access}`);
  if (caller !== undefined && !/^[a-z][a-z0-9-]*$/.test(caller)) throw new Error(`"${caller}" is no name of a service: write one as auth`);
}

function fileOfService({ name, files }: Contract): ProtoFile {
  const declaring = files.filter(({ descriptor }) => descriptor.service.length > 0);
  // of several services the one that has the name of the package
  const file = declaring.find(({ descriptor }) => descriptor.service[0]!.name === `${upperFirst(name)}Service`) ?? declaring[0];
  if (!file) throw new Error(`proto/gatehouse/${name} declares no service: add its block first`);
  return file;
}

function requireFreeNames(plan: MethodPlan, messages: ReadonlyMap<string, { field: { name: string }[] }>, { path }: ProtoFile): void {
  for (const name of new Set([plan.requestType, plan.responseType]))
    if (name !== plan.resource && messages.has(name)) throw new Error(`${path} has a message ${name} already, for another method: take another name`);
  const fields = plan.kind === 'update' ? messages.get(plan.resource!)?.field : undefined;
  if (fields && !fields.some(({ name }) => name === 'id'))
    throw new Error(`message ${plan.resource} has no field "id" to find it by: take a verb of its own, not Update`);
}

function addToProto(file: ProtoFile, plan: MethodPlan, messages: readonly string[]): string {
  const service = [element.service, 0];
  const text = [toMethodText(plan), ...messages].join('\n');
  const needed = Object.entries(importsOf).filter(([, word]) => text.includes(word));
  return applyEdits(file.text, [
    ...addImports(
      file,
      needed.map(([name]) => name),
    ),
    appendToBlock(file, service, toMethodText(plan), { isAiry: file.descriptor.service[0]!.method.length > 0 }),
    ...messages.map((message) => ({ at: file.text.length, text: `\n${message}\n` })),
  ]);
}

const importsOf = {
  'buf/validate/validate.proto': '(buf.validate.',
  'gatehouse/api/v1/options.proto': '(gatehouse.api.v1.',
  'google/api/annotations.proto': '(google.api.http)',
  'google/api/field_behavior.proto': '(google.api.field_behavior)',
  'google/protobuf/field_mask.proto': 'google.protobuf.FieldMask',
};

function addExports(tree: Tree, service: string, { descriptor }: ProtoFile, names: readonly string[]): void {
  const path = `libs/contracts/${service}/src/index.ts`;
  const text = tree.read(path, 'utf8')!;
  tree.write(path, applyEdits(text, exportFrom(parseTypeScript(path, text), `./gen/${descriptor.name.replace(/\.proto$/, '')}`, names)));
}

function toLastWords({ name, http, access }: MethodPlan, app: string, served: string, test: string): string {
  return [
    '',
    `${name} answers with nothing yet${http ? `, at ${http.verb.toUpperCase()} ${http.path}` : ''}. Write its request in the contract, what it does in ${served}, and what that is in ${test}.`,
    ...(access.kind === 'permission'
      ? [
          `No role gives the permission ${access.permission} yet: administrators get it by a migration of apps/user, as 0004_add_profiles_and_roles.sql gives theirs, others by UpdateRole.`,
        ]
      : []),
    `"npx nx run-many -t lint typecheck test -p proto ${app}" checks it, "npm run docs" writes its pages.`,
  ].join('\n');
}
