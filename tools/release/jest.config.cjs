module.exports = { ...require('../../jest.shared.cjs'), displayName: 'release', rootDir: __dirname, testTimeout: 120_000 };
