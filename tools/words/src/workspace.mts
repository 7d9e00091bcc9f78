import { createProjectGraphAsync, type ProjectConfiguration } from '@nx/devkit';
import { spawnSync } from 'node:child_process';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** What commands may name. */
export interface Workspace {
  readonly scripts: Readonly<Record<string, string>>;
  readonly projects: Readonly<Record<string, ProjectConfiguration>>;
  /** Options of each generator of ours, in kebab-case. */
  readonly generators: Readonly<Record<string, readonly string[]>>;
  readonly files: readonly string[];
  hasBinary(name: string): boolean;
  /** Whether a program's `--help` lists an option, `--dry-run` or `-t`. */
  helpLists(option: string, program: string, ...args: string[]): boolean;
}

const readJson = <T,>(file: string) => JSON.parse(readFileSync(file, 'utf8')) as T;
export const toKebab = (name: string) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

/** Reads the workspace that the process runs in; what `files` lists are the files that git knows. */
export async function readWorkspace(files: readonly string[]): Promise<Workspace> {
  const { scripts, bin } = readJson<{ scripts: Record<string, string>; bin: Record<string, string> }>('package.json');
  const { nodes } = await createProjectGraphAsync({ exitOnError: true });
  const folder = 'tools/nx';
  const { generators } = readJson<{ generators: Record<string, { schema: string }> }>(`${folder}/generators.json`);
  const helps = new Map<string, string>();
  return {
    scripts,
    files,
    projects: Object.fromEntries(Object.entries(nodes).map(([name, { data }]) => [name, data])),
    generators: Object.fromEntries(
      Object.entries(generators).map(([name, { schema }]) => [
        name,
        Object.keys(readJson<{ properties: object }>(join(folder, schema)).properties).map(toKebab),
      ]),
    ),
    hasBinary: (name) => name in bin || existsSync(`node_modules/.bin/${name}`),
    helpLists(option, program, ...args) {
      const key = [program, ...args].join(' ');
      const [file, ...first] = program in bin ? [process.execPath, bin[program]!] : [`node_modules/.bin/${program}`];
      const show = () => spawnSync(file!, [...first, ...args, '--help'], { encoding: 'utf8' });
      // Nx writes it to stderr
      const help = helps.get(key) ?? Object.values(show().output).join('\n');
      helps.set(key, help);
      return help.split(/[\s,[\]=]+/).some((word) => word.startsWith('-') && toKebab(word) === option);
    },
  };
}

/** The text of the sources that a script of package.json runs, where an option of its own would stand. */
export function readSourcesOf(script: string): string {
  const [, path] = /node (?:dist\/)?(tools\/\S+?)(?:\/main)?\.[cm]\w+/.exec(script) ?? [];
  // a program of a package: what it is given stands in the script
  if (path === undefined) return script;
  const folder = path.replace(/\/main$/, '');
  return globSync([`${folder}.mts`, `${existsSync(folder) ? folder : dirname(folder)}/**/*.{ts,mts}`])
    .map((file) => readFileSync(file, 'utf8'))
    .join('\n');
}
