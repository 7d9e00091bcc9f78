import type { MigrationSet } from '@gatehouse/postgres';
import createIdempotencyRecords from './migrations/0001_create_idempotency_records.sql';

/** The table of the records, for the database of each service that keeps them. */
export const idempotencyMigrations: MigrationSet = {
  name: 'idempotency',
  migrations: [{ name: '0001_create_idempotency_records', sql: createIdempotencyRecords }],
};
