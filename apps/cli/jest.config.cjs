module.exports = { ...require('../../jest.shared.cjs'), displayName: 'cli', rootDir: __dirname };
