import { parseArgs } from 'node:util';
import { ConfigError } from './config-error';
import { toReport } from './error-report';

/** What a process can be told to do. */
export interface Command {
  /** Says whether it could be done as configured: reads settings and the files that they name, and connects to nothing. @throws ConfigError */
  check(): void;
  run(): Promise<void>;
}

/**
 * A command and the settings that it needs.
 * @param read gives the settings. @throws ConfigError
 * @param check what is to be looked at beside them, such as files that they name, before `run` too. @throws ConfigError
 */
export const command = <C>({ read, check, run }: { read: () => C; check?: (config: C) => void; run: (config: C) => Promise<void> }): Command => ({
  check() {
    const config = read();
    check?.(config);
  },
  async run() {
    const config = read();
    check?.(config);
    await run(config);
  },
});

export interface RunCommandOptions {
  readonly commands: Readonly<Record<string, Command>>;
  /** Sentences about variables that look like settings and are none. */
  readonly findUnknown?: () => readonly string[];
}

/**
 * Runs the command that the process was started with: its first argument, or `serve`. An unknown command, wrong settings
 * and a command that fails are told on stderr and exit 1; variables that are no settings are warned of. With `--check-config`
 * the command is not run: one line on stdout and exit 0 say that it could be, by its settings, of which there is none unknown.
 */
export async function runCommand({ commands, findUnknown = () => [] }: RunCommandOptions): Promise<void> {
  try {
    const { positionals, values } = parseArgs({ allowPositionals: true, options: { 'check-config': { type: 'boolean', default: false } } });
    const [name = 'serve', ...rest] = positionals;
    const chosen = Object.hasOwn(commands, name) ? commands[name] : undefined;
    if (!chosen || rest.length) throw new ConfigError([`unknown command: ${positionals.join(' ')}; there is ${Object.keys(commands).join(', ')}`]);
    if (values['check-config']) {
      checkAll(chosen, findUnknown());
      return console.log(`the configuration is valid for ${name}`);
    }
    for (const sentence of findUnknown()) console.error(`warning: ${sentence}`);
    await chosen.run();
  } catch (error) {
    console.error(error instanceof ConfigError || isArgumentError(error) ? error.message : toReport(error));
    process.exit(1);
  }
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

const isArgumentError = (error: unknown): error is Error => error instanceof TypeError && String((error as NodeJS.ErrnoException).code).startsWith('ERR_PARSE_ARGS');
