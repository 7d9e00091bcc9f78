import type { MigrationSet } from '@gatehouse/postgres';
import createOutbox from './migrations/0001_create_outbox.sql';

/** The tables of the outbox, for the database of each service that keeps one. */
export const outboxMigrations: MigrationSet = {
  name: 'outbox',
  migrations: [{ name: '0001_create_outbox', sql: createOutbox }],
};
