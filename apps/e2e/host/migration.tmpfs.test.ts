import { startPostgresServer } from '@gatehouse/postgres-server';
import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { startProcess } from '../test/support/service-process';
import { withClient } from '../test/support/with-client';

const folders = ['libs/idempotency/src/migrations', 'libs/outbox/src/migrations', 'apps/user/src/postgres/migrations'];
const migrations = folders.flatMap((folder) => readdirSync(resolve(__dirname, '../../..', folder)));

it('a disk of PostgreSQL that is full during a migration: it is rolled back, says so, and goes on once there is room', async () => {
  const dataFolder = mkdtempSync(join(tmpdir(), 'gatehouse full '));
  chmodSync(dataFolder, 0o711); // PostgreSQL's account passes through when we are root
  const small = join(dataFolder, 'small');
  mkdirSync(small);
  // room for the first tables, and not for the indexes of the next
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=48k', 'tmpfs', small]);
  const postgres = await startPostgresServer({ dataFolder, durable: false });
  try {
    const url = await postgres.createDatabase('full', { role: 'full', password: 'full' });
    await withClient(postgres.urlOf('full'), async (client) => {
      const { uid, gid } = statSync((await client.query('show data_directory')).rows[0].data_directory);
      chownSync(small, uid, gid);
      await client.query(`create tablespace small owner "full" location '${small}'`);
      await client.query('alter role "full" set default_tablespace = small');
    });
    const migrate = async () => {
      const { exited, lines, stderr } = startProcess('user', { USER_DATABASE_URL: url }, ['migrate']);
      const { code } = await exited;
      return { code, lines: lines.map(({ body }) => body), stderr: stderr() };
    };
    const applied = () =>
      withClient(url, async (client) =>
        (await client.query<{ name: string }>('select name from schema_migrations order by applied_at')).rows.map(({ name }) => name),
      );

    const full = await migrate();
    expect(full).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(
        /migration \w+\/\d{4}_\w+ failed, it was rolled back: .*; the disk of PostgreSQL is full: make room, then run `migrate` again/,
      ),
    });
    expect(await applied()).toEqual(full.lines.map((line) => line!.replace(/^applied \w+\//, '')));
    execFileSync('mount', ['-o', 'remount,size=10m', small]);
    const roomy = await migrate();
    expect(roomy).toMatchObject({ code: 0, stderr: '' });
    expect([...full.lines, ...roomy.lines]).toHaveLength(migrations.length);
  } finally {
    await postgres.stop();
    execFileSync('umount', [small]);
    rmSync(dataFolder, { recursive: true, force: true });
  }
});
