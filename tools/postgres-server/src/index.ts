export { withClient } from './connection';
export { type PostgresServer, type PostgresServerOptions, startPostgresServer } from './server';
export { startTemporaryPostgresServer, startTemporaryStandby } from './temporary';
