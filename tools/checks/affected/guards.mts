import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import type { Change } from './fork-point.mts';
import type { AffectedProject } from './plan.mts';

/** A check of the whole tree, which is no task that a change reaches or does not. */
export interface Guard {
  readonly title: string;
  readonly command: string;
  readonly args: readonly string[];
}

const nx = (task: string) => ({ command: 'nx', args: ['run', task, '--output-style=static'] });
const node = (...args: readonly string[]) => ({ command: 'node', args });

/**
 * The checks of the whole tree that a change has to pass beside the tasks that it reaches: with those all that `npm test` checks.
 * @param folder the checkout
 * @param projects what the change reaches, whose tests hold some of the checks
 */
export function findGuards(folder: string, change: Change, projects: readonly AffectedProject[]): readonly Guard[] {
  const isChanged = (pattern: RegExp) => change.files.some((file) => pattern.test(file));
  if (change.files.length === 0) return [];
  const guards: Guard[] = [];
  if (isChanged(/^package(-lock)?\.json$/))
    guards.push(
      { title: 'the lock file installs everywhere', ...node('tools/checks/lock-file.mts') },
      { title: 'licences of what is shipped', ...node('tools/checks/licences.mts') },
    );
  // of links and folders, as nested checkouts are, prettier would say that it cannot or look too far
  const isFile = (file: string) => lstatSync(join(folder, file), { throwIfNoEntry: false })?.isFile();
  const files = isChanged(/^(\.prettier.*|package-lock\.json)$/) ? ['.'] : change.files.filter(isFile);
  if (files.length) guards.push({ title: 'format', command: 'prettier', args: ['--check', '--ignore-unknown', '--log-level=warn', '--', ...files] });
  if (!projects.some(({ name, targets }) => name === 'checks' && targets.includes('test')))
    guards.push({ title: 'house rules', command: 'jest', args: ['-c', 'tools/checks/jest.config.cjs', 'house-rules'] });
  // what is used somewhere may be so no longer by whatever names files, packages and commands
  if (isChanged(/\.(ts|tsx|mts|cjs|mjs|json|proto)$|^\.githooks\//)) guards.push({ title: 'what nobody uses', ...nx('checks:unused') });
  if (isChanged(/^proto\/.+\.proto$|^buf\.yaml$/))
    guards.push(
      { title: 'rules of the contract', ...nx('proto:rules') },
      { title: 'third-party protos', ...nx('proto:third-party') },
      { title: 'the contract breaks nobody', ...node('tools/release/breaking.mts', change.commit) },
    );
  if (isChanged(/\/migrations\//))
    guards.push({ title: 'main can live with the migrations', ...node('tools/release/migrations/main.mts', `--since=${change.commit}`) });
  return guards;
}
