module.exports = { ...require('../../jest.shared.cjs'), displayName: 'look', rootDir: __dirname };
