// jest `globalTeardown`, to go with postgres-server.ts.
import type { PostgresServer } from '../postgres-server/src/index';

module.exports = async () => {
  await (globalThis as { testPostgresServer?: PostgresServer }).testPostgresServer?.stop();
};
