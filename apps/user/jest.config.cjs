module.exports = {
  ...require('../../jest.shared.cjs'),
  displayName: 'user',
  rootDir: __dirname,
  globalSetup: '../../tools/jest/postgres-server.ts',
  globalTeardown: '../../tools/jest/stop-postgres-server.ts',
};
