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

/**
 * Why a project is affected, in a few words: the files and packages that its tasks read, or what they come after.
 * @param tasks its affected tasks
 * @param files those that have changed
 */
export function explain(tasks: readonly AffectedTask[], files: readonly string[]): string {
  const own = tasks.flatMap(({ differing }) => differing.flatMap((input) => toReasons(input, files)));
  const isFile = (reason: string) => files.includes(reason);
  const sorted = [...new Set(own)].sort((one, other) => Number(isFile(other)) - Number(isFile(one)));
  // files say it all, but for the packages that a lock file stands for
  const reasons = sorted.some(isFile) ? sorted.filter(isFile) : sorted;
  const said = reasons.length ? reasons : [...new Set(tasks.flatMap(({ after }) => after.map((id) => `after ${id}`)))];
  return said.length > 3 ? `${said.slice(0, 2).join(', ')} and ${said.length - 2} more` : said.join(', ');
}
