// what Node makes of the command's sources is the same each time that a test starts it
process.env.NODE_COMPILE_CACHE ??= `${__dirname}/../../tmp/compile-cache`;

module.exports = { ...require('../../jest.shared.cjs'), displayName: 'cli', rootDir: __dirname };
