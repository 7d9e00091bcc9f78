// jest `globalSetup` of the projects that need a database: one server a run, named to the tests by TEST_POSTGRES_URL. Where
// that is set already, the server it names is used, so that the tests can be run against any version of PostgreSQL.
import { type PostgresServer, startTemporaryPostgresServer } from '../postgres-server/src/index';

module.exports = async () => {
  if (process.env.TEST_POSTGRES_URL) return;
  const server = await startTemporaryPostgresServer();
  process.env.TEST_POSTGRES_URL = server.url;
  (globalThis as { testPostgresServer?: PostgresServer }).testPostgresServer = server;
};
