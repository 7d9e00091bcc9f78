import { readCompose } from '@gatehouse/compose-file';
import { spawnSync } from 'node:child_process';
import { chownSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const workspace = resolve(__dirname, '../../../..');

/** The services of docker/compose.yaml. */
export const composeServices = readCompose(workspace).services;

/** Where the files of the image of the two first jobs lie in a checkout. */
const jobFiles: Record<string, string> = { '/app/gatehouse.cjs': 'apps/cli/src/main.mts', '/app/make-secrets.mts': 'tools/compose/make-secrets.mts' };

/** An installation by docker/compose.yaml without containers: its volumes are folders, its processes run on this machine. */
export function createInstallation(account?: { uid: number; gid: number }) {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-compose-'));
  const volumes = Object.fromEntries(['certificates', 'secrets', 'databases'].map((name) => [name, join(folder, name)]));
  for (const path of Object.values(volumes)) mkdirSync(path, { mode: 0o700 });
  if (account) for (const path of [folder, ...Object.values(volumes)]) chownSync(path, account.uid, account.gid);

  /** A text in which the paths of a container are those of this machine. */
  const toLocal = (service: string, text: string): string =>
    (composeServices[service]!.volumes ?? []).reduce((mapped, { type, source, target, volume }) => {
      const local = type === 'bind' ? resolve(workspace, 'docker', source) : join(volumes[source]!, volume?.subpath ?? '');
      return mapped.replace(new RegExp(`(?<![\\w/])${target}(?=/|$)`, 'g'), () => local);
    }, text);

  return {
    volumes,
    toLocal,
    /** Runs a job of the first start as its container would; gives its exit code and what it said. */
    runJob(name: 'certificates' | 'secrets') {
      const [file, ...args] = composeServices[name]!.command.map((argument) => toLocal(name, argument));
      const { status, stdout, stderr } = spawnSync(process.execPath, [join(workspace, jobFiles[file!]!), ...args], { encoding: 'utf8', ...account });
      return { status, stdout, stderr };
    },
    /** The environment of a service; `change` is what is other on this machine, of the texts of its secrets too. */
    environmentOf(service: string, change: (text: string) => string = (text) => text): Record<string, string> {
      return Object.fromEntries(
        Object.entries(composeServices[service]!.environment ?? {}).map(([name, value]) => {
          const local = toLocal(service, value);
          if (!name.endsWith('_FILE') || !local.startsWith(volumes.secrets!)) return [name, change(local)];
          const copy = join(folder, `${service}-${name}`);
          writeFileSync(copy, change(toLocal(service, readFileSync(local, 'utf8'))), { mode: 0o600 });
          return [name, copy];
        }),
      );
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
