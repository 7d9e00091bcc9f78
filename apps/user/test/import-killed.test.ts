import { descriptorSet, type ImportProgress, type ImportResult, UserServiceDefinition } from '@gatehouse/contracts/user';
import { createChannel, createClient } from '@gatehouse/rpc';
import type { AppError } from '@gatehouse/errors';
import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { adminId, startUser, type UserUnderTest } from './user-under-test';
import { countsOf, type Row } from './bulk-under-test';
import { buildUser, type UserProcesses } from './user-process';

let user: UserUnderTest;
let processes: UserProcesses;
beforeAll(async () => {
  user = await startUser();
  processes = await buildUser(user);
});
afterAll(async () => {
  await processes.remove();
  await user.close();
});

const rowCount = 20_000;
// one in a hundred is wrong
const toRow = (number: number): Row => ({
  email: number % 100 ? `person-${number}@example.com` : 'wrong',
  displayName: `Person ${number}`,
  externalIds: [{ provider: 'okta', id: `00u${number}` }],
});
const rows = Array.from({ length: rowCount }, (_, index) => toRow(index + 1));

async function connect(target: string) {
  const token = await user.issuer.accessToken({ id: adminId, permissions: ['users.import'] });
  const channel = createChannel({ target, descriptorSets: [descriptorSet] });
  return { channel, client: createClient(UserServiceDefinition, channel, { credentials: async () => token }) };
}

it('an import whose process is killed again and again ends with exactly the rows of the file, each counted once', async () => {
  const importId = randomUUID();
  const known = new Map<bigint, ImportResult>();
  let end: ImportProgress | undefined;
  let kills = 0;
  while (!end) {
    const { target, kill } = await processes.start();
    const { channel, client } = await connect(target);
    const begun = Promise.withResolvers<number>();
    const requests = async function* () {
      yield { options: { importId } };
      for (let start = await begun.promise; start < rowCount; start += 500)
        yield { rows: rows.slice(start, start + 500).map((row, index) => ({ number: BigInt(start + index + 1), user: row })) };
    };
    let received = 0;
    try {
      let latest: ImportProgress | undefined;
      for await (const { results, progress } of client.importUsers(requests())) {
        if (!latest) {
          // what has a result is there
          expect(Number(progress!.lastNumber)).toBeGreaterThanOrEqual(known.size);
          begun.resolve(Number(progress!.lastNumber));
        }
        latest = progress ?? latest;
        for (const result of results) known.set(result.number, result);
        received += results.length;
        // in the midst of what was sent already
        if (kills < 3 && received >= 3_000) {
          kills++;
          await kill();
        }
      }
      end = latest;
    } catch (error) {
      expect(['UNAVAILABLE', 'IMPORT_IN_PROGRESS']).toContain((error as AppError).reason);
    }
    channel.close();
    await kill();
  }
  expect(kills).toBe(3);
  expect(countsOf(end)).toEqual({ lastNumber: rowCount, created: rowCount * 0.99, failed: rowCount * 0.01 });

  const database = new Client({ connectionString: user.databaseUrl });
  await database.connect();
  const { rows: people } = await database.query(
    `select email, display_name as name, external_id as id, revision from users join user_external_ids on user_id = users.id order by import_row`,
  );
  await database.end();
  expect(people).toEqual(
    rows
      .filter(({ email }) => email !== 'wrong')
      .map(({ email, displayName, externalIds }) => ({ email, name: displayName, id: externalIds![0]!.id, revision: '1' })),
  );
});
