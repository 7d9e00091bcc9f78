module.exports = { ...require('../../jest.shared.cjs'), displayName: 'postgres', rootDir: __dirname };
