import { findUnreachable } from '../src/reach.mts';
import { readCommands } from '../src/shell.mts';

it.each([
  ['words and quotes', `psql -c 'drop database "a b"' "$URL"`, [['psql', '-c', 'drop database "a b"', '$URL']]],
  ['what is set before a command', 'FOO=1 BAR="a b" npm start', [['npm', 'start']]],
  ['a value that looks like it', 'npm run x -- --a=b', [['npm', 'run', 'x', '--', '--a=b']]],
  ['commands that follow each other', 'npm ci && npm test | tee log; ls\ncd docs', [['npm', 'ci'], ['npm', 'test'], ['tee', 'log'], ['ls'], ['cd', 'docs']]],
  ['a line that goes on', 'npm run \\\n  docs', [['npm', 'run', 'docs']]],
  [
    'a comment, and a # within a word',
    'npm test # all\nnpm run a#b',
    [
      ['npm', 'test'],
      ['npm', 'run', 'a#b'],
    ],
  ],
  ['where output goes', 'node a.mts > out.txt', [['node', 'a.mts']]],
  ['nothing', ' # nothing\n', []],
])('of a shell are read: %s', (_what, text, commands) => expect(readCommands(text)).toEqual(commands));

it('a page that no other leads to is found, also where it leads to others', () => {
  const pages = [
    { path: 'README.md', next: ['docs/a.md'] },
    { path: 'docs/a.md', next: ['README.md', 'docs/b.md'] },
    { path: 'docs/b.md', next: [] },
    { path: 'docs/lost.md', next: ['docs/a.md'] },
  ];
  expect(findUnreachable(pages, 'README.md')).toEqual(['docs/lost.md']);
});
