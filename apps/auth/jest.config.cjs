module.exports = {
  ...require('../../jest.shared.cjs'),
  displayName: 'auth',
  rootDir: __dirname,
  globalSetup: '../../tools/jest/postgres-server.ts',
  globalTeardown: '../../tools/jest/stop-postgres-server.ts',
};
