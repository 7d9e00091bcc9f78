module.exports = {
  ...require('../../jest.shared.cjs'),
  displayName: 'auth',
  rootDir: __dirname,
  // its tests wait more than they work, and are the most of all
  maxWorkers: 2,
  globalSetup: '../../tools/jest/postgres-server.ts',
  globalTeardown: '../../tools/jest/stop-postgres-server.ts',
};
