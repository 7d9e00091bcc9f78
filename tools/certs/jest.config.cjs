module.exports = { ...require('../../jest.shared.cjs'), displayName: 'certs', rootDir: __dirname };
