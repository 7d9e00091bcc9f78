module.exports = {
  ...require('../../jest.shared.cjs'),
  displayName: 'auth',
  rootDir: __dirname,
  // they wait more than they work
  maxWorkers: 2,
  globalSetup: '../../tools/jest/postgres-server.ts',
  globalTeardown: '../../tools/jest/stop-postgres-server.ts',
};
