// Writes the options of docs/cli.md from what the command says of itself; with --check says whether they are current.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { publish } from './page.mts';

const page = 'docs/cli.md';
const main = 'apps/cli/src/main.mts';
const [begin, end] = ['<!-- what the command says of itself -->\n', '<!-- end of what it says -->'];
const say = (...args: string[]) => execFileSync(process.execPath, [main, ...args, '--help'], { encoding: 'utf8' }).trimEnd();

/** What each command says of itself, and in place of a group those in it. */
function describe(path: readonly string[]): string[] {
  const text = say(...path);
  const names = [...(text.split('\nCommands:\n')[1] ?? '').matchAll(/^ {2}([a-z]+)\b/gm)].map(([, name]) => name!).filter((name) => name !== 'help');
  const own = path.length ? [`\n## gatehouse ${path.join(' ')}\n\n\`\`\`text\n${text}\n\`\`\`\n`] : [];
  return [...(names.length ? [] : own), ...names.flatMap((name) => describe([...path, name]))];
}

const sections = describe([]);
const [before, rest] = readFileSync(page, 'utf8').split(begin);
const after = rest?.split(end)[1];
if (before === undefined || after === undefined) throw new Error(`${page} has no place for the options: put back the comments around them`);
publish(page, `${before}${begin}${sections.join('')}\n${end}${after}`, 'the definitions of the commands');
