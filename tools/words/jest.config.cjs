module.exports = { ...require('../../jest.shared.cjs'), displayName: 'words', rootDir: __dirname, testTimeout: 60_000 };
