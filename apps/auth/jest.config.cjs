module.exports = { ...require('../../jest.shared.cjs'), displayName: 'auth', rootDir: __dirname };
