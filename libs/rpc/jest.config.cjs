module.exports = { ...require('../../jest.shared.cjs'), displayName: 'rpc', rootDir: __dirname };
