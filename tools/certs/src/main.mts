#!/usr/bin/env node
// The command `gatehouse`, which `npx gatehouse` finds in a checkout; Node runs it as it is.
import { certs, certsUsage } from './certs.mts';
import { CommandError } from './command-error.mts';

const commands: Readonly<Record<string, { readonly usage: string; run(args: string[]): Promise<void> }>> = {
  certs: { usage: certsUsage, run: certs },
};

const [name = '', ...args] = process.argv.slice(2);
const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
const usage = `usage:\n${Object.values(commands)
  .map((each) => `  gatehouse ${each.usage}`)
  .join('\n')}`;
if (['help', '--help', '-h'].includes(name) || (command && args.includes('--help'))) console.log(usage);
else if (!command) {
  console.error(name ? `gatehouse: there is no command ${JSON.stringify(name)}\n${usage}` : usage);
  process.exitCode = 2;
} else
  void command.run(args).catch((error: unknown) => {
    if (!(error instanceof CommandError)) throw error;
    console.error(`gatehouse ${name}: ${error.message}`);
    process.exitCode = 1;
  });
