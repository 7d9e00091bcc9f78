module.exports = { ...require('../../jest.shared.cjs'), displayName: 'access', rootDir: __dirname };
