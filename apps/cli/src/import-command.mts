import { type Command, InvalidArgumentError, Option } from 'commander';
import { type ConnectionOptions, withConnection } from './connection-options.mts';
import { knownColumns } from './rows/csv-columns.mts';
import { exitCodes } from './command-error.mts';
import { importUsers } from './import/import-users.mts';

interface Options extends ConnectionOptions {
  readonly csv?: true;
  readonly ndjson?: true;
  readonly matchProvider?: string;
  readonly onExisting: 'update' | 'skip' | 'fail';
  readonly dryRun: boolean;
  readonly importId?: string;
  readonly results?: string;
  readonly passwords?: true;
}

/** Adds the command `import`. */
export function addImport(program: Command): void {
  const command = program
    .command('import')
    .summary('creates and changes people from a file')
    .argument('<file>', 'people, a line or a record each; - is standard input');
  command
    .description(
      'Creates and changes people from NDJSON, a person a line as the API has one, or from CSV. However it ends, the same command goes on from where it was; once all rows have a result, it says so and changes nothing.',
    )
    .addOption(new Option('--csv', 'the file is CSV, whatever its name').conflicts('ndjson'))
    .addOption(new Option('--ndjson', 'the file is NDJSON, whatever its name'))
    .option('--match-provider <provider>', 'a row changes the person with the same external id of this provider; without, with the same email')
    .addOption(new Option('--on-existing <what>', 'what becomes of a row whose person is there already').choices(['update', 'skip', 'fail']).default('update'))
    .option('--passwords', 'rows have password hashes of another system, as passwordHash; without, the first row tells')
    .option('--dry-run', 'says what would come of each row, and changes nobody', false)
    .option('--import-id <uuid>', 'names the import; without, its name is made of the file and the options', toUuid)
    .option('--results <file>', 'where failed rows go, with why; without, <file>.failed.ndjson');
  withConnection(command).addHelpText('after', `\nThe first record of CSV names its columns: ${knownColumns.join(', ')}.`);
  command.action(async (file: string, { csv, ndjson, onExisting, matchProvider, dryRun, ...options }: Options) => {
    const outcome = await importUsers({
      file,
      ...options,
      format: csv ? 'csv' : ndjson ? 'ndjson' : undefined,
      options: { ...(matchProvider ? { matchProvider } : {}), onExisting: `ON_EXISTING_${onExisting.toUpperCase()}`, dryRun },
    });
    process.exitCode = outcome.failed ? exitCodes.rowsFailed : exitCodes.done;
  });
}

function toUuid(text: string): string {
  if (!/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i.test(text)) throw new InvalidArgumentError('It has to be a UUID.');
  return text.toLowerCase();
}
