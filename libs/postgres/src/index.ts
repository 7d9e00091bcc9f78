export type { DatabaseCertificates } from './connection-tls';
export { type Database, type DatabaseOptions, createDatabase } from './database';
export { type HeldTransaction, holdTransaction } from './held-transaction';
export { type MigrateOptions, migrate } from './migrate';
export type { Migration, MigrationSet } from './migration';
export { createSchemaCheck } from './schema-check';
export { findSqlState } from './sqlstate';
export type { ConstraintErrors, ObservedPool, PostgresObserver, Queryable, Statement } from './statement';
export type { TransactionOptions } from './transaction';
