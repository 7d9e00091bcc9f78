module.exports = { ...require('../../jest.shared.cjs'), displayName: 'transcoding', rootDir: __dirname };
