import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Counts {
  passed: number;
  failed: number;
}

/** Sums what the jest reporter left in a folder, a file a project. */
export function readCounts(folder: string): Counts {
  const counts: Counts = { passed: 0, failed: 0 };
  for (const name of existsSync(folder) ? readdirSync(folder) : []) {
    const { passed, failed } = JSON.parse(readFileSync(join(folder, name), 'utf8')) as Counts;
    counts.passed += passed;
    counts.failed += failed;
  }
  return counts;
}

export const toLine = ({ passed, failed }: Counts): string => `${passed} passed, ${failed} failed`;

/**
 * Ends a test command: prints what the jest reporter counted, keeps it for the sum of all commands, and sets the exit code.
 * @param name of the command's file in tmp/counts
 * @param folder where the reporter left its files
 * @param isTested whether all tests could be run and passed; if not, there is at least one failure
 * @param failedChecks failures beside the tests
 */
export function conclude(name: string, folder: string, isTested: boolean, failedChecks = 0): void {
  const counts = readCounts(folder);
  counts.failed += failedChecks;
  if (!isTested && counts.failed === 0) counts.failed = 1;
  mkdirSync('tmp/counts', { recursive: true });
  writeFileSync(`tmp/counts/${name}.json`, JSON.stringify(counts));
  console.log(`\n${toLine(counts)}`);
  process.exitCode = counts.failed ? 1 : 0;
}
