import { constants } from 'node:os';
import { parseArgs } from 'node:util';
import { ConfigError } from './config-error';
import { toReport } from './error-report';

/** What a process can be told to do. */
export interface Command {
  /** Its options, which are given or not: `dry-run` stands for `--dry-run`. */
  readonly options: readonly string[];
  /** Its options that have a value: `kind` stands for `--kind=…`. */
  readonly valued: readonly string[];
  /** Says whether it could be done as configured: reads settings and the files that they name, and connects to nothing. @throws ConfigError */
  check(): void;
  /** Does it, with the options that were given, and the values of those that have one. */
  run(given: ReadonlySet<string>, values: Values<string>): Promise<void>;
}

/** What was given to options, by their names. */
export type Values<V extends string> = Readonly<Partial<Record<V, string>>>;

export interface CommandOptions<C, O extends string, V extends string> {
  readonly read: () => C;
  readonly options?: readonly O[];
  readonly valued?: readonly V[];
  readonly check?: (config: C) => void;
  readonly run: (config: C, given: ReadonlySet<O>, values: Values<V>) => Promise<void>;
}

/**
 * A command and the settings that it needs.
 * @param read gives the settings. @throws ConfigError
 * @param options what may be added to the command, without a value.
 * @param valued what may be added with a value, as `--name=value`.
 * @param check what is to be looked at beside them, such as files that they name, before `run` too. @throws ConfigError
 */
export const command = <C, O extends string = never, V extends string = never>({
  read,
  options = [],
  valued = [],
  check,
  run,
}: CommandOptions<C, O, V>): Command => ({
  options,
  valued,
  check() {
    const config = read();
    check?.(config);
  },
  async run(given, values) {
    const config = read();
    check?.(config);
    await run(config, given as ReadonlySet<O>, values as Values<V>);
  },
});

const defaultCommand = 'serve';
const checkOption = 'check-config';
const toOptions = (names: readonly string[], type: 'boolean' | 'string') => Object.fromEntries(names.map((option) => [option, { type } as const]));

export interface RunCommandOptions {
  readonly commands: Readonly<Record<string, Command>>;
  /** Sentences about variables that look like settings and are none. */
  readonly findUnknown?: () => readonly string[];
}

/**
 * Runs the command that the process was started with: its first argument, or `serve`. An unknown command, wrong settings
 * and a command that fails are told on stderr and exit 1; variables that are no settings are warned of. With `--check-config`
 * the command is not run: one line on stdout and exit 0 say that it could be, by its settings, of which there is none unknown.
 * A signal ends what runs to its end at once, with 128 and its number; `serve` ends as it sees fit.
 */
export async function runCommand({ commands, findUnknown = () => [] }: RunCommandOptions): Promise<void> {
  try {
    const args = process.argv.slice(2);
    // what does not begin as an option is the command, which stands before options with a value behind a space
    const name = args.find((arg) => !arg.startsWith('-')) ?? defaultCommand;
    const chosen = Object.hasOwn(commands, name) ? commands[name] : undefined;
    const { positionals, values } = parse(args, name, [checkOption, ...(chosen?.options ?? [])], chosen?.valued ?? []);
    if (!chosen || positionals.length > 1) throw new ConfigError([`unknown command: ${positionals.join(' ')}; there is ${Object.keys(commands).join(', ')}`]);
    if (values[checkOption]) {
      checkAll(chosen, findUnknown());
      return console.log(`the configuration is valid for ${name}`);
    }
    for (const sentence of findUnknown()) console.error(`warning: ${sentence}`);
    if (name !== defaultCommand) endAtSignals();
    const texts = Object.entries(values).filter((entry): entry is [string, string] => typeof entry[1] === 'string');
    await chosen.run(new Set(Object.keys(values)), Object.fromEntries(texts));
  } catch (error) {
    console.error(error instanceof ConfigError ? error.message : toReport(error));
    process.exit(1);
  }
}

/** Process 1 of a container is not ended by a signal that it has no handler for (pid_namespaces(7)). */
function endAtSignals(): void {
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => process.exit(128 + constants.signals[signal]));
}

/** @throws ConfigError with what the check finds and what is unknown, together */
function checkAll(chosen: Command, unknown: readonly string[]): void {
  try {
    chosen.check();
  } catch (error) {
    throw error instanceof ConfigError ? new ConfigError([...error.problems, ...unknown], error) : error;
  }
  if (unknown.length) throw new ConfigError(unknown);
}

/** @throws ConfigError that names the options which there are */
function parse(args: string[], command: string, options: readonly string[], valued: readonly string[]) {
  try {
    return parseArgs({ args, allowPositionals: true, options: { ...toOptions(options, 'boolean'), ...toOptions(valued, 'string') } });
  } catch (error) {
    // the sentences after the first are of files whose names begin with -
    throw new ConfigError(
      [`${(error as Error).message.split('. ')[0]}: ${command} takes ${[...options, ...valued].map((option) => `--${option}`).join(', ')}`],
      error,
    );
  }
}
