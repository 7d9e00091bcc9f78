import type { Command } from 'commander';
import { type ConnectionOptions, withConnection } from './connection-options.mts';
import { exportUsers } from './export/export-users.mts';
import { writeRecords } from './export/write-records.mts';

/** Adds the command `export`. */
export function addExport(program: Command): void {
  const command = program.command('export').summary('writes all people to a file');
  command.description(
    'Writes all people as they are at one moment: NDJSON, a person a line, in the order of their ids. It goes on where a connection was cut, and the file has its name once it is whole.',
  );
  withConnection(command.option('--output <file>', 'where to; - is standard output', '-').option('--show-deleted', 'deleted people too', false)).action(run);
}

const run = ({ showDeleted, ...options }: ConnectionOptions & { output: string; showDeleted: boolean }): Promise<void> =>
  writeRecords({ ...options, noun: 'people' }, (connection, onUsers) => exportUsers({ ...connection, showDeleted, onUsers }));
