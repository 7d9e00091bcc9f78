module.exports = {
  ...require('./jest.config.cjs'),
  displayName: 'host',
  testMatch: ['**/host/**/*.test.ts'],
  testSequencer: `${__dirname}/../../tools/jest/longest-first.cjs`,
  reporters: ['default', [`${__dirname}/../../tools/jest/summary-reporter.cjs`, { folder: 'tmp/host-tests' }]],
};
