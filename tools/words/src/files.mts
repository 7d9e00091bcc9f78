import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';

/** Every file of the workspace that git knows, or would take. */
export const listFiles = (): string[] =>
  execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { encoding: 'utf8', maxBuffer: 64 << 20 })
    .split('\0')
    .filter((file) => file && existsSync(file));

/** The pages among them that are ours. */
export const listPages = (files: readonly string[]): string[] => files.filter((file) => file.endsWith('.md') && !file.includes('third_party/'));
