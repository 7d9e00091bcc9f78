import { globSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** A lib that is published, by the package.json that lies beside its sources. */
export interface Source {
  readonly name: string;
  readonly description: string;
  readonly keywords: readonly string[];
  /** Folder of the project, from the workspace's. */
  readonly root: string;
  /** What can be imported, `.` or `./api`, and the file of each, from the folder of the project. */
  readonly exports: Readonly<Record<string, string>>;
  /** Folder of protos that come along, from `proto/`. */
  readonly protos?: string;
}

/** Every lib that has a package.json. @throws Error for one that has not what a package needs */
export function readSources(): readonly Source[] {
  return globSync('libs/**/package.json', { exclude: (name) => name.endsWith('node_modules') })
    .sort()
    .map((file) => {
      const source = { ...(JSON.parse(readFileSync(file, 'utf8')) as Omit<Source, 'root'>), root: dirname(file) };
      const missing = (['name', 'description', 'keywords', 'exports'] as const).filter((field) => !source[field]);
      if (missing.length) throw new Error(`${file} has no ${missing.join(', no ')}: a published lib says each`);
      return source;
    });
}

/** What code names to import an entry: `@gatehouse/contracts/api`. */
export const toSpecifier = ({ name }: Pick<Source, 'name'>, entry: string): string => (entry === '.' ? name : `${name}/${entry.slice('./'.length)}`);

/** What the files of an entry are called, without their extensions. */
export const toFileName = (entry: string): string => (entry === '.' ? 'index' : entry.slice('./'.length));

/** The package that a specifier is of; undefined for a module of Node's. */
export function packageOf(specifier: string): string | undefined {
  if (specifier.startsWith('node:')) return undefined;
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}
