// `npm run affected`: what a pull request runs. `--base=<ref>` names what is compared with (origin/main, or main); `--targets=a,b` runs
// those alone; `--dry-run` says what would run, `--json` for programs.
import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { type Change, findChange, NoBaseError } from './affected/fork-point.mts';
import { findGuards, type Guard } from './affected/guards.mts';
import { type AffectedProject, planAffected, targetsOfChange } from './affected/plan.mts';
import { run } from './run.mts';

const usage = 'usage: npm run affected -- [--base=<ref>] [--targets=lint,test] [--dry-run] [--json]';

function readOptions() {
  try {
    const { values } = parseArgs({
      options: { base: { type: 'string' }, targets: { type: 'string' }, 'dry-run': { type: 'boolean' }, json: { type: 'boolean' } },
    });
    const targets = values.targets?.split(',') ?? targetsOfChange;
    const unknown = targets.filter((target) => !targetsOfChange.includes(target));
    if (unknown.length) throw new Error(`--targets: there is no ${unknown.join(', ')}, but ${targetsOfChange.join(', ')}`);
    return { ...values, targets };
  } catch (error) {
    console.error(`${(error as Error).message}\n${usage}`);
    return process.exit(2);
  }
}

async function readPlan(base: string | undefined, targets: readonly string[]): Promise<{ change: Change; projects: readonly AffectedProject[] }> {
  try {
    const change = findChange(process.cwd(), base);
    return { change, projects: await planAffected(process.cwd(), change, targets, console.error) };
  } catch (error) {
    console.error((error as Error).message);
    return process.exit(error instanceof NoBaseError ? 2 : 1);
  }
}

function showPlan({ base, commit, files, uncommitted }: Change, projects: readonly AffectedProject[], guards: readonly Guard[]): void {
  const included = uncommitted ? `, ${uncommitted} of them not committed and included` : '';
  console.log(`${files.length} files differ from ${commit.slice(0, 7)}, where ${base} was left${included}`);
  const width = (texts: readonly string[]) => Math.max(0, ...texts.map(({ length }) => length));
  const nameWidth = width(projects.map(({ name }) => name));
  const targetWidth = width(projects.map(({ targets }) => targets.join(' ')));
  for (const { name, targets, why } of projects) console.log(`  ${name.padEnd(nameWidth)}  ${targets.join(' ').padEnd(targetWidth)}  ${why}`);
  if (projects.length === 0) console.log('  no project is reached');
  if (guards.length) console.log(`beside them: ${guards.map(({ title }) => title).join(', ')}`);
}

/** The targets in order, those that the same projects have in one step. */
function toSteps(projects: readonly AffectedProject[]): readonly { targets: string[]; names: string[] }[] {
  const steps: { targets: string[]; names: string[] }[] = [];
  for (const target of targetsOfChange) {
    const names = projects.filter((project) => project.targets.includes(target)).map(({ name }) => name);
    const last = steps.at(-1);
    if (last?.names.join() === names.join()) last.targets.push(target);
    else if (names.length) steps.push({ targets: [target], names });
  }
  return steps;
}

const hasImageBuilder = () => process.env.IMAGE_BUILD !== undefined || spawnSync('docker', ['info'], { stdio: 'ignore' }).status === 0;

const options = readOptions();
const { change, projects } = await readPlan(options.base, options.targets);
// they belong to the whole, and not to those who name their targets
const guards = options.targets === targetsOfChange ? findGuards(process.cwd(), change, projects) : [];
if (options.json) console.log(JSON.stringify({ ...change, projects, guards: guards.map(({ title }) => title) }));
else showPlan(change, projects, guards);
if (options.json || options['dry-run']) process.exit(0);

const env = { ...process.env, NX_DAEMON: 'false', NX_TUI: 'false' };
const failed: string[] = [];
let steps = 0;
const step = async (title: string, command: string, args: readonly string[]) => {
  steps++;
  if (!(await run(title, command, args, env))) failed.push(title);
};
for (const { title, command, args } of guards) await step(title, command, args);
let left = '';
for (const { targets, names } of toSteps(projects)) {
  const buildable = targets.includes('image') && !hasImageBuilder() ? targets.filter((target) => target !== 'image') : targets;
  if (buildable.length < targets.length) left = '; images were left out: there is no docker that runs, and IMAGE_BUILD names nothing else';
  if (buildable.length === 0) continue;
  const parallel = targets.includes('e2e') ? 1 : 2;
  await step(`${buildable.join(', ')} of ${names.length > 6 ? `${names.length} projects` : names.join(', ')}`, 'nx', [
    'run-many',
    '-t',
    ...buildable,
    '-p',
    names.join(','),
    `--parallel=${parallel}`,
    '--output-style=static',
  ]);
}
console.log(failed.length ? `\naffected: ${failed.length} of ${steps} steps failed: ${failed.join('; ')}${left}` : `\naffected: ${steps} steps passed${left}`);
process.exitCode = failed.length ? 1 : 0;
