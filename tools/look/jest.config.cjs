const base = require('../../jest.shared.cjs');

// The exporter imports node:http when it first sends, which jest's sandbox refuses: swc makes a require of it.
const exporter = '@opentelemetry/otlp-exporter-base';

module.exports = {
  ...base,
  displayName: 'look',
  rootDir: __dirname,
  transform: { ...base.transform, [`/${exporter}/.+\\.cjs$`]: base.transform['^.+\\.[jt]s$'] },
  transformIgnorePatterns: base.transformIgnorePatterns.map((pattern) => pattern.replace('(uuid|', `(${exporter}|uuid|`)),
};
