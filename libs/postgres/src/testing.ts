import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import { migrate } from './migrate';
import type { MigrationSet } from './migration';

export { findSequentialScans, recordStatements } from './testing/plans';

/** A database for one test file. */
export interface TestDatabase {
  /** Of a role that owns this database and nothing else, as a service's does. */
  readonly url: string;
  drop(): Promise<void>;
}

/** Creates an empty database, migrated by `sets`, on the server that jest's globalSetup started (tools/jest/postgres-server.ts). */
export async function createTestDatabase(sets: readonly MigrationSet[] = []): Promise<TestDatabase> {
  const server = process.env.TEST_POSTGRES_URL;
  if (!server) throw new Error("there is no test server: name tools/jest/postgres-server.ts as globalSetup in the project's jest.config.cjs");
  const name = `test_${randomBytes(8).toString('hex')}`;
  await administer(server, [
    `create role ${name} login password '${name}'`,
    // PostgreSQL 15 lets only a member give a database away.
    `grant ${name} to current_user`,
    `create database ${name} owner ${name}`,
  ]);
  const url = new URL(server);
  Object.assign(url, { username: name, password: name, pathname: `/${name}` });
  await migrate({ url: url.href, sets });
  return { url: url.href, drop: () => administer(server, [`drop database ${name} with (force)`, `drop role ${name}`]) };
}

async function administer(url: string, statements: readonly string[]): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
}
