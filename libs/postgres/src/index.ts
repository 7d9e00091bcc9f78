export type { DatabaseCertificates } from './connection-tls';
export { type Database, type DatabaseOptions, type DatabaseRowLoaderOptions, createDatabase } from './database';
export { type MigrateOptions, migrate } from './migrate';
export type { Migration, MigrationSet } from './migration';
export type { RowLoader } from './row-loader';
export { createSchemaCheck } from './schema-check';
export { findSqlState } from './sqlstate';
export type { BatchedRead, ConstraintErrors, ObservedPool, PostgresObserver, Queryable, ReadRoute, ReadWay, RowLoaderObserver, Statement } from './statement';
export type { TransactionOptions } from './transaction';
