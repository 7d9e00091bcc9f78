export type { DatabaseCertificates } from './connection-tls';
export { type Database, type DatabaseOptions, createDatabase } from './database';
export { type Migration, type MigrationSet, findPendingMigrations, migrate } from './migrate';
export { findSqlState } from './sqlstate';
export type { ConstraintErrors, ObservedPool, PostgresObserver, Queryable, Statement } from './statement';
export type { TransactionOptions } from './transaction';
