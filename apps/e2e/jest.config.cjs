module.exports = { ...require('../../jest.shared.cjs'), displayName: 'e2e', rootDir: __dirname, testTimeout: 120_000, maxWorkers: 2 };
