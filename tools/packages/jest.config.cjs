module.exports = { ...require('../../jest.shared.cjs'), displayName: 'packages', rootDir: __dirname };
