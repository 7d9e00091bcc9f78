import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { derivedFiles } from '../generators/service/derived-files.mts';
import { toNames, toPlural } from '../generators/service/names.mts';

const workspace = join(__dirname, '../../..');
const templates = join(__dirname, '../generators/service/files');
const filesIn = (folder: string) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !/\/gen(\/|$)/.test(entry.parentPath))
    .map(({ parentPath, name }) => join(parentPath, name));

/** Where a template stands in `user`, whose resource is called as it is itself. */
const toLiving = (template: string) =>
  Object.entries(toNames('user', 'user'))
    .reduce((path, [name, value]) => path.replaceAll(`__${name}__`, value), template)
    .replace(/\.template$/, '');
const templated = filesIn(templates).map((path) => [toLiving(path.slice(templates.length + 1)), path] as const);

it('a new service has no file but those that apps/user, its contract and its protos have too', () => {
  const living = ['apps/user', 'libs/contracts/user', 'proto/gatehouse/user'].flatMap((folder) =>
    filesIn(join(workspace, folder)).map((path) => path.slice(workspace.length + 1)),
  );
  expect(living).toEqual(expect.arrayContaining([...derivedFiles, ...templated.map(([path]) => path)]));
});

it.each(templated)('the template of %s is composed of nothing that apps/user does not use there, or in its place', (living, template) => {
  const importsOf = (path: string) =>
    [...readFileSync(path, 'utf8').matchAll(/\bfrom '((?:@gatehouse|node:|\w)[^']*)'|^import "([\w/.]+)";/gm)].map(([, code, proto]) => code ?? proto!);
  // what one file of a service does, in apps/user several beside each other do
  const folder = join(workspace, dirname(living));
  const known = readdirSync(folder).flatMap((file) => (/\.(ts|proto)$/.test(file) ? importsOf(join(folder, file)) : []));
  expect(
    importsOf(template)
      .map((name) => name.replace('<%= service %>', 'user'))
      .filter((name) => !known.includes(name)),
  ).toEqual([]);
});

it('names follow the conventions of each language', () => {
  expect(toNames('billing', 'line-item')).toMatchObject({
    Service: 'Billing',
    Resource: 'LineItem',
    RESOURCE: 'LINE_ITEM',
    resources: 'lineItems',
    table: 'line_items',
    resourceFile: 'line-item',
    ResourceSentence: 'Line item',
  });
  expect(['invoice', 'policy', 'key', 'address', 'box', 'branch'].map(toPlural)).toEqual(['invoices', 'policies', 'keys', 'addresses', 'boxes', 'branches']);
});
