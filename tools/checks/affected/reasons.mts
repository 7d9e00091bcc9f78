import { matchesGlob } from 'node:path';
import type { AffectedTask } from './affected-tasks.mts';

const workspaceGlobs = (text: string) => text.slice(1, -1).split(/,(?=!?\{workspaceRoot\}\/)/);
const projectGlobs = (text: string) => text.split(/,(?=!|[^,{}]+\/)/);

function matches(file: string, globs: readonly string[]): boolean {
  const plain = globs.map((glob) => glob.replace('{workspaceRoot}/', ''));
  return (
    plain.some((glob) => !glob.startsWith('!') && matchesGlob(file, glob)) && !plain.some((glob) => glob.startsWith('!') && matchesGlob(file, glob.slice(1)))
  );
}

/** What an input that differs comes from: files, a package, or else the input by its name. */
function toReasons(input: string, files: readonly string[]): readonly string[] {
  const [kind = '', text = ''] = input.split(/:(.*)/s);
  if (kind === 'npm') return [text];
  if (kind === 'AllExternalDependencies') return ['package-lock.json'];
  if (text === 'TsConfig') return ['tsconfig.base.json'];
  if (text === 'ProjectConfiguration') return [`the targets of ${kind}`];
  if (kind === 'runtime') {
    const folders = text.split(' ').filter((word) => word.startsWith('proto/'));
    const protos = files.filter((file) => folders.some((folder) => file.startsWith(`${folder}/`)));
    return protos.length ? protos : [text];
  }
  const globs = kind === 'workspace' ? workspaceGlobs(text) : projectGlobs(text);
  const found = files.filter((file) => matches(file, globs));
  // an input that has come or gone has no file that differs
  return found.length ? found : ['its inputs'];
}

/** The tasks, and those that they come after. */
function withEarlier(tasks: readonly AffectedTask[], all: ReadonlyMap<string, AffectedTask>): ReadonlySet<AffectedTask> {
  const found = new Set(tasks);
  // a set goes on to what is added while it is walked
  for (const { after } of found) for (const id of after) found.add(all.get(id)!);
  return found;
}

/**
 * Why a project is affected, in a few words: the files and packages that its tasks read, or those that they come after.
 * @param tasks its affected tasks
 * @param all the affected tasks of every project, by their names
 * @param files those that have changed
 */
export function explain(tasks: readonly AffectedTask[], all: ReadonlyMap<string, AffectedTask>, files: readonly string[]): string {
  const reasons = [...withEarlier(tasks, all)].flatMap(({ differing }) => differing.flatMap((input) => toReasons(input, files)));
  const named = reasons.filter((reason) => files.includes(reason));
  // files say it all; a lock file that has changed is named by its packages
  const said = [...new Set(named.length ? named : reasons)];
  return said.length > 3 ? `${said.slice(0, 2).join(', ')} and ${said.length - 2} more` : said.join(', ');
}
