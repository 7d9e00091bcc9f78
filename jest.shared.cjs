// What every project's jest.config.cjs spreads: swc, the workspace's paths, `.sql` and `.html` as text.
const { readFileSync } = require('node:fs');
const {
  compilerOptions: { paths },
} = JSON.parse(readFileSync(`${__dirname}/tsconfig.base.json`, 'utf8'));

const typescript = [
  '@swc/jest',
  {
    swcrc: false,
    jsc: { target: 'es2022', parser: { syntax: 'typescript' } },
    module: { type: 'commonjs' },
    sourceMaps: 'inline',
  },
];

// tests that work on copies of the whole workspace are run by `npm run test:workspace`, and by nothing else
const isOfWorkspace = process.env.TESTS_OF === 'workspace';
// not those that they run in the copies
delete process.env.TESTS_OF;

module.exports = {
  testEnvironment: 'node',
  testMatch: isOfWorkspace ? ['**/test/**/*.workspace.test.ts'] : ['**/src/**/*.test.ts', '**/test/**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/', ...(isOfWorkspace ? [] : ['\\.workspace\\.test\\.ts$'])],
  testTimeout: 30_000,
  reporters: ['default', [`${__dirname}/tools/jest/summary-reporter.cjs`, { folder: isOfWorkspace ? 'tmp/workspace-tests' : 'tmp/tests' }]],
  transform: {
    '^.+\\.(sql|html)$': `${__dirname}/tools/jest/file-as-text.cjs`,
    '^.+\\.([jt]s|mts)$': typescript,
    // it imports node:http when it first sends, which jest's sandbox refuses: swc makes a require of it
    '/@opentelemetry/otlp-exporter-base/.+\\.cjs$': typescript,
  },
  // all but the last are published as ES modules alone
  transformIgnorePatterns: ['/node_modules/(?!(uuid|jose|oauth4webapi|chevrotain|@chevrotain|@opentelemetry/otlp-exporter-base)/)'],
  moduleNameMapper: {
    ...Object.fromEntries(Object.entries(paths).map(([name, [file]]) => [`^${name}$`, `${__dirname}/${file}`])),
    // they say where they are to import alone, and jest asks as require does
    '^@chevrotain/(.+)$': `${__dirname}/node_modules/@chevrotain/$1/lib/src/api.js`,
  },
};
