module.exports = {
  ...require('./jest.config.cjs'),
  displayName: 'host',
  testMatch: ['**/host/**/*.test.ts'],
  reporters: ['default', [require.resolve('../../tools/jest/summary-reporter.cjs'), { folder: 'tmp/host-tests' }]],
};
