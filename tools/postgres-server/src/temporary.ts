import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { toOutsideFolder } from './place';
import { type PostgresServer, startPostgresServer } from './server';
import { copyForStandby } from './standby';

// $@ are the folders of the server. The pipe ends when our process does, however it does.
const watch = 'cat; for folder; do read -r pid <"$folder/cluster/postmaster.pid" && kill -QUIT "$pid"; done; sleep 1; rm -rf -- "$@"';

/** Starts a server for tests: not durable, in a folder of its own, which ends and is removed by `stop()` or with this process. */
export const startTemporaryPostgresServer = (): Promise<PostgresServer> => startTemporary(async () => {});

/** The same as a standby of a running primary; `settings` are lines of its postgresql.conf. */
export const startTemporaryStandby = (primary: PostgresServer, settings?: string): Promise<PostgresServer> =>
  startTemporary((dataFolder) => copyForStandby(primary, dataFolder, settings));

async function startTemporary(prepare: (dataFolder: string) => Promise<void>): Promise<PostgresServer> {
  const dataFolder = mkdtempSync(join(tmpdir(), 'gatehouse-postgres-'));
  // PostgreSQL's account passes through when we are root.
  chmodSync(dataFolder, 0o711);
  const folders = [dataFolder, toOutsideFolder(dataFolder)];
  const watcher = spawn('sh', ['-c', watch, 'sh', ...folders], { detached: true, cwd: '/', stdio: ['pipe', 'ignore', 'ignore'] });
  watcher.unref();
  (watcher.stdin as unknown as { unref(): void }).unref();
  const remove = () => {
    watcher.kill('SIGKILL');
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  };
  try {
    await prepare(dataFolder);
    const server = await startPostgresServer({ dataFolder, durable: false });
    return {
      ...server,
      async stop() {
        await server.stop();
        remove();
      },
    };
  } catch (error) {
    remove();
    throw error;
  }
}
