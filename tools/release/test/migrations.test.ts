import { spawnSync } from 'node:child_process';
import { appendFileSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { makeScratchClone } from '@gatehouse/scratch-clone';

const workspace = resolve(__dirname, '../../..');
const node = join(workspace, 'node_modules/.bin/node');
const run = (cwd: string, ...folders: string[]) => spawnSync(node, ['tools/release/migrations/main.mts', ...folders], { cwd, encoding: 'utf8' });

let folder: string;
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'migrations '))));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What is said of migrations that come one after the other, each line without its file. */
function saidOf(...texts: string[]): string[] {
  rmSync(folder, { recursive: true });
  mkdirSync(folder);
  texts.forEach((sql, index) => writeFileSync(join(folder, `000${index + 1}_change_things.sql`), sql));
  const { status, stdout, stderr } = run(workspace, folder);
  expect(status).toBe(stderr ? 1 : 0);
  if (!stderr) expect(stdout).toBe(`${texts.length} migrations, each of which it can live with\n`);
  return stderr
    .split('\n')
    .filter(Boolean)
    .map((line) => line.replace(`${folder}/`, ''));
}
/** The rules that one migration breaks. */
const toRule = (line: string) => /:\d+: ([a-z-]+) \(/.exec(line)?.[1] ?? line;
const brokenBy = (sql: string) => saidOf(sql).map(toRule);

const refused: readonly (readonly [what: string, sql: string, rules: readonly string[]])[] = [
  ['a table that is dropped', 'drop table things', ['drops']],
  ['a column that is dropped', 'alter table things drop column name', ['drops']],
  ['rows that are truncated', 'truncate things', ['drops']],
  ['a default that is dropped', 'alter table things alter column name drop default', ['drops']],
  ['a constraint that is dropped', 'alter table things drop constraint things_name', ['drops']],
  ['an index that is dropped', 'drop index things_by_name', ['drops']],
  ['a view, a function or a type that is dropped', 'drop view a; drop function b(int); drop type c', ['drops', 'drops', 'drops']],
  ['a table that is renamed', 'alter table things rename to others', ['renames']],
  ['a column that is renamed', 'alter table things rename column name to title', ['renames']],
  ['a value of an enum that is renamed', "alter type colour rename value 'red' to 'rouge'", ['renames']],
  ['a type that changes', 'alter table things alter column size type bigint', ['changes-type']],
  ['a new column that must have a value and has no default', 'alter table things add column size int not null', ['needs-value']],
  ['a default that is another one for each row', 'alter table things add column key uuid default gen_random_uuid()', ['rewrites-table']],
  ['a default inside which such a function is called', "alter table things add column word text default 'x' || md5(random()::text)", ['rewrites-table']],
  ['a new column that numbers the rows', 'alter table things add column number bigserial', ['rewrites-table']],
  ['a new column that is generated and stored', 'alter table things add column twice int generated always as (size * 2) stored', ['rewrites-table']],
  ['a new column that is an identity', 'alter table things add column number int generated always as identity', ['rewrites-table']],
  ['a new column that refers to another table', 'alter table things add column owner uuid references people (id)', ['scans-table']],
  ['a new column that is unique', 'alter table things add column code text unique', ['locks-table']],
  ['not null without a check', 'alter table things alter column name set not null', ['scans-table', 'narrows']],
  ['a check that reads all rows', 'alter table things add constraint small check (size < 10)', ['scans-table', 'narrows']],
  ['a foreign key that reads all rows', 'alter table things add constraint owned foreign key (owner) references people (id)', ['scans-table', 'narrows']],
  ['a check that reads none', 'alter table things add constraint small check (size < 10) not valid', ['narrows']],
  ['a unique constraint that builds its index', 'alter table things add constraint one unique (name)', ['locks-table', 'narrows']],
  ['an index of a table that is in use', 'create index things_by_name on things (name)', ['locks-table']],
  [
    'an index that is built concurrently in a transaction',
    'drop index concurrently if exists a; create index concurrently a on things (name)',
    ['outside-transaction', 'outside-transaction'],
  ],
  ['anything else outside of a transaction', '-- outside a transaction\ninsert into things values (1)', ['outside-transaction']],
  [
    'an index that is left as it is where a run was cut short',
    '-- outside a transaction\ncreate index concurrently if not exists a on things (name)',
    ['outside-transaction'],
  ],
  ['every row that is written', "update things set name = 'x'; delete from things", ['whole-table', 'whole-table']],
  ['every row under a condition that is none', "update things set name = 'x' where true", ['whole-table']],
  [
    'every row that a part of another statement removes',
    'create table others (id int); with gone as (delete from things returning id) insert into others select id from gone; with gone as (delete from things) update others set id = 1',
    ['whole-table', 'whole-table'],
  ],
  [
    'a table that may have been there, or of which one in another schema is new',
    'create table if not exists things (id int); alter table things drop column name; create table archive.people (id int); alter table people drop column name',
    ['drops', 'drops'],
  ],
  [
    'a new table that is a part of one that is in use',
    'create table others () inherits (things); create table part partition of things for values in (1)',
    ['unknown', 'unknown'],
  ],
  ['a new table whose rows keep those of another from being deleted', 'create table others (owner uuid references people (id))', ['narrows']],
  ['a new column that has null for a default and may not be null', 'alter table things add column size int not null default null', ['needs-value']],
  [
    'an index that is built and was not dropped before',
    '-- outside a transaction\ncreate index concurrently a on things (name);\ndrop index concurrently if exists a;\n',
    ['outside-transaction'],
  ],
  [
    'two steps on one line, which would be run as one',
    '-- outside a transaction\ndrop index concurrently if exists a; create index concurrently a on things (name);\n',
    ['outside-transaction'],
  ],
  ['a transaction of its own', 'begin; insert into things values (1); commit', ['transaction', 'transaction']],
  [
    'what no rule knows',
    "do 'begin end'; alter table things enable row level security; vacuum full things; lock table things",
    ['unknown', 'unknown', 'unknown', 'unknown'],
  ],
];
const harmless: readonly (readonly [what: string, sql: string])[] = [
  [
    'a new table, with its indexes and constraints',
    "create table others (id uuid primary key, name text not null check (name <> '')); create unique index others_by_name on others (name); alter table others add constraint two unique (name, id)",
  ],
  [
    'new tables that refer to each other, or whose rows go with those of another',
    'create table others (id int primary key); create table parts (other int references others (id), owner uuid references people (id) on delete cascade)',
  ],
  ['a new column that may be null', 'alter table things add column nickname text'],
  [
    'a new column with one default for all',
    "alter table things add column colour text not null default 'red', add column added_at timestamptz not null default now()",
  ],
  ['a default, and null where there was none', "alter table things alter column name set default '', alter column size drop not null"],
  ['rows that are named', "update things set name = '' where name is null"],
  [
    'an index in steps that can be repeated',
    '-- outside a transaction\ndrop index concurrently if exists things_by_name;\ncreate index concurrently things_by_name on things (name);\n',
  ],
  ['a unique constraint of an index that is there', 'alter table things add constraint one unique using index things_one'],
];

describe('by itself,', () => {
  const cases = [...refused, ...harmless];
  let said: string[];
  // one process for all: it looks at each folder by itself
  beforeAll(() => {
    cases.forEach(([, sql], index) => {
      mkdirSync(join(folder, String(index)));
      writeFileSync(join(folder, String(index), '0001_change_things.sql'), sql);
    });
    said = run(workspace, ...cases.map((_, index) => join(folder, String(index)))).stderr.split('\n');
  });
  const brokenIn = (what: string) => {
    const place = `${join(folder, String(cases.findIndex(([name]) => name === what)))}/`;
    return said.filter((line) => line.startsWith(place)).map(toRule);
  };

  it.each(refused)('%s is refused', (what, _sql, rules) => expect(brokenIn(what)).toEqual(rules));
  it.each(harmless)('%s is not refused', (what) => expect(brokenIn(what)).toEqual([]));
});

it('not null takes no scan where a check was validated before', () => {
  const reason = '-- allowed narrows: every release since 1.2 writes it\n';
  const check = `${reason}alter table things add constraint named check (name is not null) not valid`;
  const validate = 'alter table things validate constraint named';
  const setNotNull = 'alter table things alter column name set not null';
  expect(saidOf(check, validate, setNotNull)).toEqual([]);
  expect(saidOf(check, setNotNull)).toHaveLength(2);
  expect(saidOf(`${check}; ${validate}`)).toEqual([expect.stringContaining('scans-table (constraint named of things, which was added in the same migration)')]);
});

it('an index of an earlier migration is not rebuilt in its place: it may be what makes rows unique', () => {
  const steps = '-- outside a transaction\ndrop index concurrently if exists others_by_name;\ncreate index concurrently others_by_name on others (id);\n';
  expect(saidOf('create table others (id int, name text); create unique index others_by_name on others (name)', steps)).toEqual([
    expect.stringContaining('0002_change_things.sql:2: drops (index others_by_name)'),
  ]);
});

it('a folder that is not there is told', () => {
  const { status, stderr } = run(workspace, join(folder, 'migratoins'));
  expect(status).toBe(1);
  expect(stderr).toContain('migratoins: there is no such folder');
});

it('is told with file, line and what to do; a reason before the statement allows it, for that statement and that rule', () => {
  const drop = '-- naïve\ncreate table others (id int);\n\n-- nobody reads it\nalter table things drop column name;';
  expect(saidOf(drop)).toEqual([
    '0001_change_things.sql:5: drops (column name of things): the last release may still use it: stop using it in one release, drop it in the next. Where it is right all the same: "-- allowed drops: the reason" before the statement',
  ]);
  const reason = '-- allowed drops: release 1.4 was the last that read it';
  expect(saidOf(drop.replace('-- nobody reads it', reason))).toEqual([]);
  expect(brokenBy(`${drop.replace('-- nobody reads it', reason)} drop table things`)).toEqual(['drops']);
  expect(brokenBy(drop.replace('-- nobody reads it', '-- allowed renames: release 1.4 was the last'))).toEqual([
    'drops',
    expect.stringContaining('"-- allowed renames" allows what is not there'),
  ]);
  expect(saidOf(drop.replace('-- nobody reads it', '-- allowed drops: yes'))).toEqual([expect.stringContaining('"-- allowed drops:" gives no reason')]);
});

it('a file that is no SQL, or out of its turn, is told', () => {
  expect(saidOf('create tabel things ()')).toEqual([expect.stringMatching(/^0001_change_things.sql: syntax error at or near "tabel"/)]);
  saidOf('create table things ()');
  renameSync(join(folder, '0001_change_things.sql'), join(folder, '0003_change_things.sql'));
  expect(run(workspace, folder).stderr).toContain('it is number 1 of its folder, so its name begins with 0001_');
});

it('what a release has applied stays as it was, and what is new is listed', () => {
  const clone = makeScratchClone('migrations');
  try {
    clone.git('fetch', '-q', '--update-shallow', workspace, 'HEAD');
    expect(run(clone.folder)).toMatchObject({ status: 0, stderr: '' });
    const at = (name: string) => join(clone.folder, 'apps/user/src/postgres/migrations', name);
    appendFileSync(at('0001_create_users.sql'), '\n-- changed\n');
    rmSync(at('0002_fold_emails_alike.sql'));
    writeFileSync(at('0002_drop_users.sql'), 'drop table users');
    const { status, stderr } = run(clone.folder);
    expect(status).toBe(1);
    expect(stderr.split('\n').filter(Boolean)).toEqual([
      expect.stringMatching(/0002_fold_emails_alike\.sql: release \S+ has applied it, and it is gone: restore it$/),
      expect.stringMatching(/0001_create_users\.sql: release \S+ has applied it as it was: restore it, and write a new one$/),
      expect.stringMatching(/0002_drop_users\.sql: apps\/user\/src\/postgres\/migrations\.ts does not list it, so nothing applies it$/),
      expect.stringMatching(/0002_drop_users\.sql:1: drops \(table users\)/),
    ]);
  } finally {
    clone.remove();
  }
});
