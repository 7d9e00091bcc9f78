import { existsSync, readFileSync, writeFileSync } from 'node:fs';

/** Writes a page that is made from code, or with `--check` exits with 1 unless it is current. */
export function publish(page: string, text: string, source: string, command = 'npm run docs'): void {
  if (!process.argv.includes('--check')) {
    writeFileSync(page, text);
    console.log(`wrote ${page}`);
  } else if (!existsSync(page) || readFileSync(page, 'utf8') !== text) {
    console.error(`${page} is not what ${source} say: run \`${command}\``);
    process.exitCode = 1;
  }
}
