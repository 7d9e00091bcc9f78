import { parseArgs } from 'node:util';
import { ConfigError } from './config-error';
import { toReport } from './error-report';

/**
 * Runs the command that the process was started with: its first argument, or `serve`. An unknown command, wrong settings
 * and a command that fails are told on stderr and exit 1.
 */
export async function runCommand(commands: Readonly<Record<string, () => Promise<void>>>): Promise<void> {
  try {
    const { positionals } = parseArgs({ allowPositionals: true, options: {} });
    const [name = 'serve', ...rest] = positionals;
    const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
    if (!command || rest.length) throw new ConfigError([`unknown command: ${positionals.join(' ')}; there is ${Object.keys(commands).join(', ')}`]);
    await command();
  } catch (error) {
    console.error(error instanceof ConfigError || isArgumentError(error) ? error.message : toReport(error));
    process.exit(1);
  }
}

const isArgumentError = (error: unknown): error is Error => error instanceof TypeError && String((error as NodeJS.ErrnoException).code).startsWith('ERR_PARSE_ARGS');
