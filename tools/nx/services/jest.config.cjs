module.exports = { ...require('../../../jest.shared.cjs'), displayName: 'services', rootDir: __dirname };
