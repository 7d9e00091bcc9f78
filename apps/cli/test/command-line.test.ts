import { descriptorSet } from '@gatehouse/contracts/user';
import { createRegistryOf } from '@gatehouse/rpc';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

const workspace = resolve(__dirname, '../../..');
const { bin, version } = JSON.parse(readFileSync(`${workspace}/package.json`, 'utf8'));
const gatehouse = (...args: string[]) => spawnSync(resolve(workspace, bin.gatehouse), args, { encoding: 'utf8' });

it('the command is found in a checkout, tells how it is used, and which it is', () => {
  expect(gatehouse('help')).toMatchObject({ status: 0, stdout: expect.stringMatching(/\n {2}import .*\n {2}export .*\n {2}people .*\n {2}certs /) });
  expect(gatehouse('help', 'certs')).toMatchObject({ status: 0, stdout: expect.stringContaining('gatehouse certs [options]') });
  expect(gatehouse('--version')).toMatchObject({ status: 0, stdout: `${version}\n` });
  expect(gatehouse()).toMatchObject({ status: 2, stderr: expect.stringContaining('Usage: gatehouse') });
});

it.each([
  [['imprt'], "gatehouse: unknown command 'imprt' (Did you mean import?)\n"],
  [['import', 'a.csv', '--dry-ran'], "gatehouse: unknown option '--dry-ran' (Did you mean --dry-run?)\n"],
  [['import'], "gatehouse: missing required argument 'file'\n"],
  [['import', 'a.csv', '--csv', '--ndjson'], "gatehouse: option '--csv' cannot be used with option '--ndjson'\n"],
  [['import', 'a.csv', '--import-id', '7'], "gatehouse: option '--import-id <uuid>' argument '7' is invalid. It has to be a UUID.\n"],
  [['export', '--url', 'https://me:secret@id.example'], expect.stringMatching(/Credentials do not belong into it/)],
  [['import', 'a.csv'], 'gatehouse import: a.csv cannot be read (ENOENT): is the path right?\n'],
  [
    ['people', 'erase', 'ada', '--yes'],
    "gatehouse: command-argument value 'ada' is invalid for argument 'person'. It has to be the id of a person, an email, or me.\n",
  ],
  [['import', '/'], 'gatehouse import: / cannot be read (EISDIR): give a file, not a folder\n'],
])('what cannot be meant is told in a line: %j', (args, stderr) => {
  expect(gatehouse(...args)).toMatchObject({ status: 2, stdout: '', stderr });
});

it('CSV has a column for each field of a person that a row may say, and one for their password of before', () => {
  const { stdout } = gatehouse('import', '--help');
  const columns = /names its columns: (.*)\.$/m
    .exec(stdout)![1]!
    .split(', ')
    .map((name) => name.split('.')[0]!);
  const user = createRegistryOf([descriptorSet]).getMessage('gatehouse.user.v1.User')!;
  // what only the service sets; its status a row may say
  const others = ['id', 'roles', 'create_time', 'update_time', 'etag', 'revision', 'role_ids', 'delete_time', 'purge_time', 'last_seen_time'];
  expect(columns.toSorted()).toEqual([...user.fields.map(({ name }) => name).filter((name) => !others.includes(name)), 'password_hash'].toSorted());
});
