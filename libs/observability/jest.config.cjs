module.exports = { ...require('../../jest.shared.cjs'), displayName: 'observability', rootDir: __dirname };
