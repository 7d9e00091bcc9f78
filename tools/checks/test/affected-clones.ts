import { execFile } from 'node:child_process';
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { makeScratchClone, type ScratchClone } from '@gatehouse/scratch-clone';

const node = resolve(__dirname, '../../../node_modules/.bin/node');

/** What `npm run affected` answered. */
export interface Answer {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `npm run affected` in a folder. */
export function runAffected(folder: string, ...options: string[]): Promise<Answer> {
  return new Promise((done) =>
    execFile(node, ['tools/checks/affected.mts', ...options], { cwd: folder, maxBuffer: 64 << 20 }, (error, stdout, stderr) =>
      done({ status: typeof error?.code === 'number' ? error.code : error ? -1 : 0, stdout, stderr }),
    ),
  );
}

/** Changes files of a checkout. */
export type Edit = (folder: string) => void;

/** Adds a line, in what is a comment of the file's language where one is named. */
export const append =
  (file: string, text = '\n'): Edit =>
  (folder) =>
    appendFileSync(join(folder, file), text);

export const replace =
  (file: string, one: string | RegExp, other: string): Edit =>
  (folder) => {
    const text = readFileSync(join(folder, file), 'utf8');
    const changed = text.replace(one, other);
    if (changed === text) throw new Error(`${file} holds no ${one}`);
    writeFileSync(join(folder, file), changed);
  };

interface Lock {
  packages: Record<string, Record<string, unknown>>;
}

export const relock =
  (edit: (packages: Lock['packages']) => void): Edit =>
  (folder) => {
    const file = join(folder, 'package-lock.json');
    const lock = JSON.parse(readFileSync(file, 'utf8')) as Lock;
    edit(lock.packages);
    writeFileSync(file, JSON.stringify(lock, null, 2));
  };

/** Another version of a package in the lock file. */
export const update = (name: string): Edit =>
  relock((packages) => Object.assign(packages[`node_modules/${name}`]!, { version: '99.0.0', integrity: 'sha512-another' }));

/** What each of the changes reaches, by project; each is made alone and taken back. Two clones share the work, as there are two cores. */
export async function reachedBy<Name extends string>(changes: Readonly<Record<Name, Edit>>): Promise<Record<Name, Readonly<Record<string, string>>>> {
  const left = Object.entries(changes) as [Name, Edit][];
  const reached = {} as Record<Name, Readonly<Record<string, string>>>;
  const work = async (clone: ScratchClone) => {
    try {
      for (let next = left.shift(); next; next = left.shift()) {
        const [name, edit] = next;
        edit(clone.folder);
        const { stdout, stderr } = await runAffected(clone.folder, '--base=HEAD', '--json');
        if (!stdout) throw new Error(`${name}: ${stderr}`);
        const { projects } = JSON.parse(stdout) as { projects: { name: string; targets: string[] }[] };
        reached[name] = Object.fromEntries(projects.map((project) => [project.name, project.targets.join(' ')]));
        clone.git('checkout', '-q', '.');
        clone.git('clean', '-fdq');
      }
    } finally {
      clone.remove();
    }
  };
  await Promise.all([work(makeScratchClone('affected')), work(makeScratchClone('affected'))]);
  return reached;
}
