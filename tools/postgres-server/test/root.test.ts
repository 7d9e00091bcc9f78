import { chmodSync, existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { withClient } from '../src/connection';
import { startPostgresServer } from '../src/index';
import { toOutsideFolder } from '../src/place';

const count = (url: string) => withClient(url, async (client) => (await client.query("select to_regclass('kept') is not null as found")).rows[0].found);

const isRoot = process.getuid?.() === 0;

// What an ordinary user sees of this is that nothing is moved.
describe(`a data folder that only ${isRoot ? 'root' : 'its owner'} may enter`, () => {
  it(isRoot ? "has its data where PostgreSQL's account can, and finds them again" : 'holds the data', async () => {
    const dataFolder = mkdtempSync(join(tmpdir(), 'postgres-root-'));
    chmodSync(dataFolder, 0o700);
    const outside = toOutsideFolder(dataFolder);
    try {
      const first = await startPostgresServer({ dataFolder, durable: false });
      await withClient(first.url, (client) => client.query('create table kept (id int)'));
      await first.stop();
      const second = await startPostgresServer({ dataFolder, durable: false });
      expect(await count(second.url)).toBe(true);
      await second.stop();
      expect(existsSync(join(dataFolder, 'cluster'))).toBe(!isRoot);
      if (!isRoot) expect(second.notice).toBeUndefined();
      else {
        expect(second.notice).toContain(outside);
        expect(statSync(outside).uid).not.toBe(0);
        expect(statSync(outside).mode & 0o777).toBe(0o700);
        // The data folder was removed and made anew: so are the data.
        for (const file of ['superuser-password', 'port']) rmSync(join(dataFolder, file));
        const third = await startPostgresServer({ dataFolder, durable: false });
        expect(await count(third.url)).toBe(false);
        await third.stop();
      }
    } finally {
      for (const folder of [dataFolder, outside]) rmSync(folder, { recursive: true, force: true });
    }
  });
});
