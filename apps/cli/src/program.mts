import { Command } from 'commander';
import manifest from '#manifest' with { type: 'json' };
import { addCerts } from './certs-command.mts';
import { addExport } from './export-command.mts';
import { addImport } from './import-command.mts';
import { addPeople } from './people-command.mts';

/** All commands with their options: the parser, the help and docs/cli.md are made of it. */
export function createProgram(): Command {
  const program = new Command('gatehouse')
    .description('Gatehouse from the command line.')
    .version(manifest.version, '--version', 'says which it is')
    .helpOption('-h, --help', 'says how it is used')
    .helpCommand('help [command]', 'says how a command is used')
    .showSuggestionAfterError()
    .configureHelp({ helpWidth: 120, showGlobalOptions: false })
    // one line: what is wrong, and what is near
    .configureOutput({
      outputError: (text, write) =>
        write(
          `gatehouse: ${text
            .replace(/^error: /, '')
            .trimEnd()
            .replaceAll('\n', ' ')}\n`,
        ),
    })
    .exitOverride();
  for (const add of [addImport, addExport, addPeople, addCerts]) add(program);
  for (const command of program.commands.flatMap((each) => [each, ...each.commands])) command.helpOption('-h, --help', 'says how it is used');
  program.addHelpText('after', '\nIt ends with 0 when all is done, 1 when rows failed, 2 for wrong use, 3 for the server, 4 for a file.');
  return program;
}
