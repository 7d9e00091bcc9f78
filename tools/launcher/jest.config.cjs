module.exports = { ...require('../../jest.shared.cjs'), displayName: 'launcher', rootDir: __dirname };
