import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const workspace = resolve(__dirname, '../../..');
const check = (...pages: string[]) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['tools/words/src/main.mts', ...pages], { cwd: workspace, encoding: 'utf8' });
  return { status, said: stderr || stdout.trim() };
};

it('what the pages link to, run and name is there', () => {
  expect(check()).toEqual({ status: 0, said: expect.stringMatching(/^\d\d+ pages: links, commands and names of files lead somewhere$/) });
});

describe('a page that says what is not so', () => {
  let page: string;
  beforeAll(() => {
    mkdirSync(join(workspace, 'tmp'), { recursive: true });
    page = join(mkdtempSync(join(workspace, 'tmp/words-')), 'page.md').slice(workspace.length + 1);
  });
  afterAll(() => rmSync(resolve(workspace, page, '..'), { recursive: true, force: true }));

  const rows: readonly (readonly [what: string, text: string, problem: string])[] = [
    ['a link to a page', '[a](../../docs/nowhere.md)', 'Cannot find file `../../docs/nowhere.md`'],
    ['a link to a heading of its own', '[a](#nowhere)', 'Cannot find heading for `#nowhere`'],
    ['a link to a heading of another page', '[a](../../docs/scaling.md#nowhere)', 'Cannot find heading for `#nowhere` in `../../docs/scaling.md`'],
    ['a picture', '![a](nowhere.svg)', 'Cannot find file `nowhere.svg`'],
    ['a script', 'Run `npm run nowhere`.', 'package.json has no script nowhere'],
    ['an option of a script', 'Run `npm run affected -- --nowhere`.', 'npm run affected has no option --nowhere'],
    ['a project', '`npx nx test nowhere`', 'there is no project nowhere'],
    ['a target', '`npx nx run user:nowhere`', 'the project user has no target nowhere'],
    ['a target of many', '```sh\nnpx nx run-many -t build nowhere -p user\n```', 'no project has a target nowhere'],
    ['a command of Nx', '`npx nx nowhere`', 'Nx has no command nowhere, and no project a target of that name'],
    ['an option of Nx', '`npx nx run-many -t build --nowhere`', '"nx run-many --help" lists no --nowhere'],
    ['a generator', '`npx nx g gatehouse:nowhere user`', 'there is no generator gatehouse:nowhere'],
    ['an option of a generator', '`npx nx g gatehouse:rpc user GetIt --nowhere`', 'gatehouse:rpc has no option --nowhere'],
    ['a program behind npx', '`npx nowhere --help`', 'npx finds no nowhere here: it would ask the network'],
    ['an option of our command', '```sh\nnpx gatehouse certs --nowhere\n```', '"npx gatehouse certs --help" lists no --nowhere'],
    ['a command of a service', '`auth reconcile --nowhere`', 'the command reconcile has no option --nowhere'],
    ['a command of a service in a folder of its own', '`auth rotate-keys --nowhere`', 'the command rotate-keys has no option --nowhere'],
    ['a command of every service', '`node main.cjs nowhere`', 'auth, gateway, user have no command nowhere: there are serve, migrate, '],
    ['a program that nobody runs', '```sh\numask 077 && FOO=1 nowhere "a b" # why\n```', 'nothing here runs nowhere'],
    ['a file', 'See `apps/user/src/nowhere.ts`.', 'there is no apps/user/src/nowhere.ts in the workspace'],
    ['a file by its name alone', 'See `nowhere.test.ts`.', 'there is no nowhere.test.ts in the workspace'],
    ['a folder', 'See `libs/nowhere/`.', 'there is no libs/nowhere/ in the workspace'],
    ['a block that is for a shell and does not say so', '```\nnpm test\n```', 'a block of commands says that it is for a shell'],
    ['another word for a thing', 'It needs Postgres 15.', '"Postgres" is called PostgreSQL here'],
    ['a word that nothing shows', 'A robust service.', '"robust" says nothing that a test or a figure shows'],
    ['a transcript that nobody runs', '```console\n$ npm test\n```', 'a transcript is run on README.md alone'],
  ];
  let said: readonly string[];
  beforeAll(() => {
    writeFileSync(join(workspace, page), `# Page\n\n${rows.map(([, text]) => text).join('\n\n')}\n`);
    const result = check(page);
    expect(result.status).toBe(1);
    said = result.said.split('\n');
  });

  it.each(rows)('%s: said with its place', (_what, text, problem) => {
    const before = rows
      .slice(
        0,
        rows.findIndex((row) => row[1] === text),
      )
      .map((row) => row[1]);
    const line = `# Page\n\n${before.map((each) => `${each}\n\n`).join('')}`.split('\n').length;
    // a block's commands stand below its first line
    const place = `${page}:${text.startsWith('```') ? line + 1 : line}: `;
    expect(said.filter((each) => each.startsWith(place)).map((each) => each.slice(place.length))).toEqual([expect.stringContaining(problem)]);
  });

  it('and nothing else', () => expect(said).toHaveLength(rows.length));
});

it('links that leave the workspace are listed', () => {
  expect(check('--external', 'docs/compose.md')).toEqual({ status: 0, said: 'docs/compose.md: https://mailpit.axllent.org' });
});
