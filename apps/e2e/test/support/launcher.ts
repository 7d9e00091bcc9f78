import { readServices, toPortSettings } from '#services';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { freePort } from './free-port';
import { until } from './service-process';

const workspace = resolve(__dirname, '../../../..');

/** Settings of all the ports of a workspace, this one or another, each to one that is free. */
export async function freePorts(folder = workspace): Promise<Record<string, string>> {
  const settings = [...readServices(folder).flatMap(toPortSettings), 'GATEHOUSE_LOOK_PORT'];
  const ports = await Promise.all(settings.map(freePort));
  return Object.fromEntries(settings.map((setting, index) => [setting, String(ports[index])]));
}

export interface Launcher {
  readonly child: ChildProcess;
  output(): string;
  readonly exited: Promise<number | null>;
  /** Waits for the lines that say it is ready. */
  ready(): Promise<{ url: string; email: string; password: string; look: string | undefined }>;
}

/** Starts what `npm start` starts once everything is built, in this workspace or another; with arguments, what they say. */
export function startLauncher(env: Record<string, string>, folder = workspace, args: readonly string[] = []): Launcher {
  const child = spawn(process.execPath, [`${folder}/dist/tools/launcher/main.cjs`, ...args], {
    env: { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
  const exited = new Promise<number | null>((resolve) => child.once('close', (code) => resolve(code)));
  return {
    child,
    output: () => output,
    exited,
    async ready() {
      const pattern = /^Gatehouse is ready: (\S+)\nadministrator: (\S+)\npassword: (\S+)\n/m;
      await until(`ready: ${output}`, () => pattern.test(output) || child.exitCode !== null, 60_000);
      const found = pattern.exec(output);
      if (!found) throw new Error(`the launcher ended: ${output}`);
      const [, url, email, password] = found as unknown as [string, string, string, string];
      return { url, email, password, look: /^a look inside: (\S+)$/m.exec(output)?.[1] };
    },
  };
}

/** Command lines of the processes whose own or whose environment's text names the folder. */
export function processesOf(folder: string): string[] {
  const read = (pid: string, file: string) => {
    try {
      return readFileSync(`/proc/${pid}/${file}`, 'utf8').replaceAll('\0', ' ');
    } catch {
      return '';
    }
  };
  if (process.platform !== 'linux')
    return execFileSync('ps', ['-axeo', 'command'], { encoding: 'utf8' })
      .split('\n')
      .filter((line) => line.includes(folder));
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && name !== String(process.pid))
    .filter((pid) => read(pid, 'cmdline').includes(folder) || read(pid, 'environ').includes(`GATEHOUSE_DATA_DIR=${folder} `))
    .map((pid) => read(pid, 'cmdline'));
}
