module.exports = { ...require('../../jest.shared.cjs'), displayName: 'nx-plugin', rootDir: __dirname, testTimeout: 120_000 };
