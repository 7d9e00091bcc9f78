import { type Command, InvalidArgumentError } from 'commander';
import { type ConnectionOptions, withConnection } from './connection-options.mts';
import { writeRecords } from './export/write-records.mts';
import { erasePerson } from './people/erase-person.mts';
import { exportPerson } from './people/export-person.mts';

/** Adds the commands `people export` and `people erase`. */
export function addPeople(program: Command): void {
  const people = program.command('people').summary('tells what is kept of a person, and erases people').helpCommand(false);
  people.description('Tells what is kept of a person in every service, and erases people.');
  const named = (name: string) => people.command(name).argument('<person>', 'their id or email; "me" is whose credentials these are', toName);

  const exporting = named('export').summary('writes all that is kept of a person to a file');
  exporting
    .description(
      'Writes all that is kept of a person in every service, but for secrets: NDJSON, a record a line. It goes on where a connection was cut, and the file has its name once it is whole.',
    )
    .option('--output <file>', 'where to; - is standard output', '-');
  withConnection(exporting).action((name: string, options: ConnectionOptions & { output: string }) =>
    writeRecords({ ...options, noun: 'records' }, (connection, onRecords) => exportPerson(name, { ...connection, onRecords })),
  );

  const erasing = named('erase').summary('removes a person from every service, for good');
  erasing
    .description(
      'Removes all that is kept of a person in every service, for good and at once. It asks before it does, on a terminal. However it ends, the same command with the id comes to the end of it.',
    )
    .option('--yes', 'does not ask', false);
  withConnection(erasing).action((name: string, options: ConnectionOptions & { yes: boolean }) => erasePerson(name, options));
}

function toName(text: string): string {
  if (!/^(me|[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}|[^\s@]+@[^\s@]+)$/i.test(text))
    throw new InvalidArgumentError('It has to be the id of a person, an email, or me.');
  return text;
}
