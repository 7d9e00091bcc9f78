// Leaves the counts of a jest run in tmp/tests/<project>.json: an output of the Nx target, so that a result from the cache
// still counts what it ran.
const { mkdirSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');

module.exports = class SummaryReporter {
  constructor(_globalConfig, { folder }) {
    this.folder = join(__dirname, '../..', folder);
  }

  onRunComplete(contexts, { numPassedTests, numFailedTests, numFailedTestSuites, numRuntimeErrorTestSuites }) {
    const [context] = [...contexts];
    const name = context?.config.displayName?.name ?? 'unnamed';
    mkdirSync(this.folder, { recursive: true });
    // a suite that could not run at all is a failure too
    const failed = numFailedTests + Math.max(numRuntimeErrorTestSuites, numFailedTestSuites > 0 && numFailedTests === 0 ? 1 : 0);
    writeFileSync(join(this.folder, `${name}.json`), JSON.stringify({ passed: numPassedTests, failed }));
  }
};
