import { existsSync, readdirSync, readFileSync } from 'node:fs';
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
