const shared = require('../../jest.shared.cjs');

module.exports = {
  ...shared,
  displayName: 'nx-plugin',
  rootDir: __dirname,
  testTimeout: 120_000,
  transform: { ...shared.transform, '^.+\\.mts$': shared.transform['^.+\\.[jt]s$'] },
};
