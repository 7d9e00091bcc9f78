module.exports = { ...require('../../jest.shared.cjs'), displayName: 'user', rootDir: __dirname };
