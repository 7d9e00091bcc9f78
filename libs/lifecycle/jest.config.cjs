module.exports = { ...require('../../jest.shared.cjs'), displayName: 'lifecycle', rootDir: __dirname };
