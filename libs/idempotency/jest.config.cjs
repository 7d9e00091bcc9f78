module.exports = { ...require('../../jest.shared.cjs'), displayName: 'idempotency', rootDir: __dirname };
