module.exports = { ...require('../../jest.shared.cjs'), displayName: 'errors', rootDir: __dirname };
