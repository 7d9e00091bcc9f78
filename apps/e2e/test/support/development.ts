import { makeScratchClone, type ScratchClone } from '@gatehouse/scratch-clone';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { freePorts, type Launcher, startLauncher } from './launcher';

const workspace = resolve(__dirname, '../../../..');
// packages stay where they are, behind a link
const made = ['apps/*/gen/*', 'libs/*/gen/*', 'tools/*/gen/*', 'third_party', 'dist/apps', 'dist/tools'];

export interface DevelopmentClone extends ScratchClone {
  /** Settings that keep what is started there apart from everything else. */
  readonly env: Readonly<Record<string, string>>;
  /** Starts what `npm run dev --` starts once everything is built. */
  develop(...args: string[]): Launcher;
  /** Saves a file with a part of it replaced. @throws when it has no such part */
  edit(file: string, before: string, after: string): void;
  /** The bundle of a service below `dist/<folder>`, with packages named as in this workspace. */
  bundleOf(folder: string, service: string): string;
  /** Numbers of the processes that run there: of user, auth and gateway. */
  pids(): readonly number[];
}

/** A copy of the workspace with what was generated and built in it, which a test may change while it runs there. */
export async function makeDevelopmentClone(): Promise<DevelopmentClone> {
  const clone = makeScratchClone('development');
  chmodSync(clone.folder, 0o711); // PostgreSQL's account passes through when we are root
  const names = execFileSync('git', ['ls-files', '-z', '--others', '--ignored', '--exclude-standard', '--', ...made], {
    cwd: workspace,
    maxBuffer: 64 << 20,
  });
  execFileSync('tar', ['x'], {
    cwd: clone.folder,
    input: execFileSync('tar', ['c', '--null', '--files-from=-'], { cwd: workspace, input: names, maxBuffer: 1 << 30 }),
  });
  const data = join(clone.folder, 'data');
  mkdirSync(data, { mode: 0o711 });
  const env = { GATEHOUSE_DATA_DIR: data, ...(await freePorts()), GATEHOUSE_LOOK_PORT: 'off' };
  return {
    ...clone,
    env,
    develop: (...args) => startLauncher(env, clone.folder, ['dev', ...args]),
    edit(file, before, after) {
      const path = join(clone.folder, file);
      const text = readFileSync(path, 'utf8');
      if (!text.includes(before)) throw new Error(`${file} has no "${before}" any more`);
      writeFileSync(path, text.replace(before, after));
    },
    // packages lie behind a link there
    bundleOf: (folder, service) =>
      readFileSync(join(clone.folder, 'dist', folder, service, 'main.cjs'), 'utf8').replaceAll(
        `${relative(clone.folder, workspace)}/node_modules/`,
        'node_modules/',
      ),
    pids: () => JSON.parse(readFileSync(join(data, 'processes.json'), 'utf8')).services.map(({ pid }: { pid: number }) => pid),
  };
}
