module.exports = { ...require('../../jest.shared.cjs'), displayName: 'checks', rootDir: __dirname, testTimeout: 120_000 };
