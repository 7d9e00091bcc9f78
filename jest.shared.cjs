// What every project's jest.config.cjs spreads: swc, the workspace's paths, `.sql` and `.html` as text.
const { readFileSync } = require('node:fs');
const {
  compilerOptions: { paths },
} = JSON.parse(readFileSync(`${__dirname}/tsconfig.base.json`, 'utf8'));

module.exports = {
  testEnvironment: 'node',
  testMatch: ['**/src/**/*.test.ts', '**/test/**/*.test.ts'],
  testTimeout: 30_000,
  reporters: ['default', `${__dirname}/tools/jest/summary-reporter.cjs`],
  transform: {
    '^.+\\.(sql|html)$': `${__dirname}/tools/jest/file-as-text.cjs`,
    '^.+\\.[jt]s$': [
      '@swc/jest',
      {
        swcrc: false,
        jsc: { target: 'es2022', parser: { syntax: 'typescript' } },
        module: { type: 'commonjs' },
        sourceMaps: 'inline',
      },
    ],
  },
  // published as ES modules alone
  transformIgnorePatterns: ['/node_modules/(?!(uuid|jose)/)'],
  moduleNameMapper: Object.fromEntries(Object.entries(paths).map(([name, [file]]) => [`^${name}$`, `${__dirname}/${file}`])),
};
