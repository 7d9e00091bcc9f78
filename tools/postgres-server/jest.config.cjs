module.exports = { ...require('../../jest.shared.cjs'), displayName: 'postgres-server', rootDir: __dirname };
