import { watch } from 'chokidar';
import { relative, sep } from 'node:path';
import { StartError } from '../ports';

export interface Sources {
  /** Stops watching. */
  close(): Promise<void>;
}

// one save of an editor may be several events; a branch that is checked out is hundreds. Milliseconds.
const quietMs = 30;
const crowdMs = 300;
const crowd = 10;

/** What changed together: paths in the workspace, with `/` between. */
export interface Change {
  readonly files: readonly string[];
  /** Whether files came or went, which may change what an import means. */
  readonly isStructural: boolean;
}

/**
 * Watches folders and files of the workspace; resolves when every later change is seen.
 * @param paths in the workspace
 * @param onChange told once it is quiet again
 * @throws StartError where the system lets nobody watch so much
 */
export async function watchSources(root: string, paths: readonly string[], onChange: (change: Change) => void): Promise<Sources> {
  let files = new Set<string>();
  let isStructural = false;
  let timer: NodeJS.Timeout | undefined;
  const flush = () => {
    const change = { files: [...files].sort(), isStructural };
    files = new Set();
    isStructural = false;
    onChange(change);
  };
  const watcher = watch(
    paths.map((path) => `${root}/${path}`),
    { ignoreInitial: true, ignored: (path) => /[/\\](node_modules|test)$|~$|\.sw[a-z]$/.test(path) },
  );
  watcher.on('all', (event, path) => {
    if (event === 'addDir' || event === 'unlinkDir') return;
    files.add(relative(root, path).replaceAll(sep, '/'));
    isStructural ||= event !== 'change';
    clearTimeout(timer);
    timer = setTimeout(flush, files.size > crowd ? crowdMs : quietMs);
  });
  await new Promise<void>((resolve, reject) => {
    watcher.once('ready', resolve);
    // there is one for each folder that is refused; later, a folder that went away while it was looked at is seen as gone
    watcher.on('error', (cause) =>
      reject(
        new StartError(`the sources cannot be watched: ${(cause as Error).message}; ENOSPC or EMFILE is a limit of inotify, which sysctl fs.inotify raises`, {
          cause,
        }),
      ),
    );
  });
  return {
    async close() {
      clearTimeout(timer);
      await watcher.close();
    },
  };
}
