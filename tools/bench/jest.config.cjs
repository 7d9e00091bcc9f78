module.exports = { ...require('../../jest.shared.cjs'), displayName: 'bench', rootDir: __dirname, testTimeout: 120_000 };
