module.exports = {
  ...require('./jest.config.cjs'),
  displayName: 'host',
  testMatch: ['**/host/**/*.test.ts'],
  reporters: ['default', [`${__dirname}/../../tools/jest/summary-reporter.cjs`, { folder: 'tmp/host-tests' }]],
};
