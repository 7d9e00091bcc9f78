import { existsSync, globSync, readFileSync } from 'node:fs';
import { elsewhere } from './elsewhere.mts';
import { judgeNx } from './nx-commands.mts';
import type { Code } from './pages.mts';
import { type Command, readCommands } from './shell.mts';
import { readSourcesOf, type Workspace } from './workspace.mts';

const shells = ['sh', 'bash', 'shell'];
const transcript = 'README.md';
// what npm does by itself, beside scripts; a package is published by who has the right to
const npmCommands = ['audit', 'ci', 'install', 'publish'];
const programs = ['npm', 'npx', 'nx', 'node', 'jest', 'gatehouse', 'buf', ...Object.keys(elsewhere)];
const optionsOf = (args: readonly string[]) => args.filter((word) => /^--?[a-z]/.test(word)).map((word) => word.split('=')[0]!);
const isPlaceholder = (word: string) => /[…<>*$]/.test(word);

/** The commands of a service, by the service: `serve`, `migrate`. */
function readServiceCommands(): ReadonlyMap<string, readonly string[]> {
  return new Map(
    globSync('apps/*/src/main.ts')
      .sort()
      .map((file) => [file.split('/')[1]!, [...readFileSync(file, 'utf8').matchAll(/^\s+'?([\w-]+)'?: command\(/gm)].map(([, name]) => name!)]),
  );
}

/** Makes the judge of commands: what it gives is a sentence for each name or option that is not there. */
export function createCommandCheck(workspace: Workspace): (code: Code, page: string) => string[] {
  const services = readServiceCommands();

  function* judgeService(names: readonly string[], [name = '', ...args]: readonly string[]): Generator<string> {
    if (!names.some((service) => services.get(service)?.includes(name)))
      yield `${names.join(', ')} have no command ${name}: there are ${[...new Set(names.flatMap((service) => services.get(service)!))].join(', ')}`;
    const text = names
      .flatMap((service) => globSync(`apps/${service}/src/**/*-command.ts`))
      .map((file) => readFileSync(file, 'utf8'))
      .join('\n');
    for (const option of optionsOf(args))
      if (option !== '--check-config' && !text.includes(`'${option.slice(2)}'`)) yield `the command ${name} has no option ${option}`;
  }

  function* judgeScript(name: string, args: readonly string[]): Generator<string> {
    const script = workspace.scripts[name];
    if (script === undefined) return yield `package.json has no script ${name}`;
    const isNx = /^(exec )?nx /.test(script);
    const sources = isNx ? '' : readSourcesOf(script);
    for (const option of optionsOf(args)) {
      const plain = option.replace(/^--(no-)?/, '');
      const isThere = isNx
        ? workspace.helpLists(option, 'nx', script.split(' ')[1]!)
        : [`'${plain}'`, `--${plain}`, `\n      ${plain}: {`].some((form) => sources.includes(form));
      if (!isThere && option !== '--help') yield `npm run ${name} has no option ${option}`;
    }
  }

  function* judge([program, ...args]: Command): Generator<string> {
    const [first = '', ...rest] = args;
    if (program === 'npm') {
      const isScript = ['run', 'test', 'start'].includes(first);
      if (isScript) yield* judgeScript(...toScript(first, rest));
      else if (!npmCommands.includes(first)) yield `npm ${first} is none of ${npmCommands.join(', ')}, nor a script`;
    } else if (program === 'npx') {
      if (!workspace.hasBinary(first)) yield `npx finds no ${first} here: it would ask the network`;
      else yield* judge([first, ...rest]);
    } else if (program === 'nx') yield* judgeNx(args, workspace);
    else if (program === 'gatehouse') {
      const command = first.startsWith('-') ? [] : [first];
      for (const option of optionsOf(args))
        if (!workspace.helpLists(option, 'gatehouse', ...command)) yield `"npx ${['gatehouse', ...command].join(' ')} --help" lists no ${option}`;
    } else if (program === 'node' && first === 'main.cjs') yield* judgeService([...services.keys()], rest);
    else if (program === 'node' || program === 'jest') {
      const file = program === 'node' ? first : rest[0]!;
      if (!isPlaceholder(file) && !existsSync(file)) yield `there is no file ${file}`;
    } else if (services.has(program)) yield* judgeService([program], args);
    else if (!(program in elsewhere) && !workspace.hasBinary(program))
      yield `nothing here runs ${program}, and tools/words/src/elsewhere.mts does not say why not`;
  }

  return ({ text, language }, page) => {
    if (language === 'console') return page === transcript ? [] : [`a transcript is run on ${transcript} alone, by apps/e2e/host/curl.test.ts: here \`\`\`sh`];
    if (language !== undefined) {
      if (shells.includes(language)) return readCommands(text).flatMap((command) => [...judge(command)]);
      return !language && /^\s*(npm|npx|nx) /m.test(text) ? ['a block of commands says that it is for a shell: ```sh'] : [];
    }
    const [command, ...others] = readCommands(text);
    const [program = '', name = ''] = command ?? [];
    const isCommand = name !== '' && (programs.includes(program) || services.get(program)?.includes(name));
    return isCommand ? [command!, ...others].flatMap((each) => [...judge(each)]) : [];
  };
}

const toScript = (verb: string, args: readonly string[]): [name: string, args: readonly string[]] =>
  verb === 'run' ? [args[0] ?? '', args.slice(1)] : [verb, args];
