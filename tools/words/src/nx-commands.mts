import { made } from './elsewhere.mts';
import { toKebab, type Workspace } from './workspace.mts';

const isOption = (word: string) => word.startsWith('-');
const nameOf = (option: string) => option.split('=')[0]!;
const one = (names: readonly string[]) => (names.length ? `there are ${names.join(', ')}` : 'there is none');

// what a generator takes whatever its schema says
const generatorOptions = ['--dry-run', '--help', '--interactive', '--verbose'];

/**
 * What is wrong with a command of Nx: a project, target, generator or option that is not there.
 * @param args what stands behind `nx`
 */
export function* judgeNx([verb = '', ...args]: readonly string[], workspace: Workspace): Generator<string> {
  const { projects, generators } = workspace;
  const words = args.filter((word) => !isOption(word));
  const options = args.filter(isOption).map(nameOf);
  const hasTarget = (target: string) => Object.values(projects).some(({ targets = {} }) => target in targets);
  function* judgeTask(name: string, target: string): Generator<string> {
    if (made.includes(name)) return;
    if (!(name in projects)) yield `there is no project ${name}`;
    else if (!(target in (projects[name]!.targets ?? {}))) yield `the project ${name} has no target ${target}`;
  }
  function* judgeOptions(...command: string[]): Generator<string> {
    for (const option of options) if (!workspace.helpLists(option, 'nx', ...command)) yield `"nx ${command.join(' ')} --help" lists no ${option}`;
  }

  if (verb === 'g' || verb === 'generate') {
    const [, generator] = /^gatehouse:(.+)$/.exec(words[0] ?? '') ?? [];
    // `gatehouse:…` speaks of all of them
    if (generator === '…') return;
    const known = generators[generator ?? ''];
    if (!known) yield `there is no generator ${words[0]}: ${one(Object.keys(generators))}`;
    else
      for (const option of options)
        if (!known.includes(toKebab(option.slice(2))) && !generatorOptions.includes(option)) yield `${words[0]} has no option ${option}`;
  } else if (verb === 'run') {
    const [name = '', target = ''] = (words[0] ?? '').split(':');
    yield* judgeTask(name, target);
    yield* judgeOptions('run-many');
  } else if (verb === 'run-many' || verb === 'affected') {
    const list = { target: [] as string[], project: [] as string[] };
    let into: string[] | undefined;
    for (const word of args)
      if (isOption(word))
        into = ['-t', '--targets', '--target'].includes(nameOf(word)) ? list.target : ['-p', '--projects'].includes(nameOf(word)) ? list.project : undefined;
      else into?.push(...word.split(','));
    for (const target of list.target) if (!hasTarget(target)) yield `no project has a target ${target}`;
    for (const name of list.project) if (!(name in projects) && !made.includes(name)) yield `there is no project ${name}`;
    yield* judgeOptions(verb);
  } else if (hasTarget(verb)) yield* judgeTask(words[0] ?? '', verb);
  else if (workspace.helpLists(`--${verb}`, 'nx') || ['graph', 'release', 'show', 'reset'].includes(verb))
    yield* judgeOptions(verb, ...words.slice(0, verb === 'release' ? 1 : 0));
  else yield `Nx has no command ${verb}, and no project a target of that name`;
}
