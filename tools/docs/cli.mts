// Writes the options of docs/cli.md from what the command says of itself; with --check says whether they are current.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { publish } from './page.mts';

const page = 'docs/cli.md';
const main = 'apps/cli/src/main.mts';
const [begin, end] = ['<!-- what the command says of itself -->\n', '<!-- end of what it says -->'];
const say = (...args: string[]) => execFileSync(process.execPath, [main, 'help', ...args], { encoding: 'utf8' }).trimEnd();
const names = [...say().matchAll(/^ {2}([a-z]+) \[options\]/gm)].map(([, name]) => name!);
const sections = names.map((name) => `\n## gatehouse ${name}\n\n\`\`\`text\n${say(name)}\n\`\`\`\n`);
const [before, rest] = readFileSync(page, 'utf8').split(begin);
const after = rest?.split(end)[1];
if (before === undefined || after === undefined) throw new Error(`${page} has no place for the options: put back the comments around them`);
publish(page, `${before}${begin}${sections.join('')}\n${end}${after}`, 'the definitions of the commands');
