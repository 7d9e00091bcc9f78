// Writes docs/decisions/README.md from the decisions beside it; with --check says whether it is current.
import { readdirSync, readFileSync } from 'node:fs';
import { publish } from './page.mts';

const root = 'docs/decisions';
// what fits one printed page
const mostWords = 600;

/** The parts of a decision that the index shows. Throws, with the file, where it is not written as the others are. */
function readDecision(file: string, index: number) {
  const fail = (what: string): never => {
    throw new Error(`${root}/${file}: ${what}`);
  };
  const text = readFileSync(`${root}/${file}`, 'utf8');
  const number = index + 1;
  if (Number(file.slice(0, 4)) !== number) fail(`the number of the file is not the next one, ${number}: decisions are numbered without gaps`);
  const [, title] = new RegExp(`^# ${number}\\. (.+)\n`).exec(text) ?? fail(`begins with "# ${number}. " and its title`);
  const [, status] =
    /^\*\*Status\.\*\* ((?:In force|Replaced by \[\d+\]\(\d{4}-[\w-]+\.md\))\.)$/m.exec(text) ??
    fail('says "**Status.** In force." or "Replaced by [15](0015-….md)." on a line');
  const [, decision] = /^\*\*Decision\.\*\* (.+?\.)(?: |$)/m.exec(text) ?? fail('says "**Decision.**", and what was decided in a first sentence');
  const words = text.split(/\s+/).length;
  if (words > mostWords) fail(`is ${words} words long: a decision is one page, ${mostWords} words at most`);
  return `| [${number}. ${title}](${file}) | ${decision!.replaceAll('|', '\\|')} | ${status} |`;
}

const rows = readdirSync(root)
  .filter((file) => /^\d{4}-/.test(file))
  .sort()
  .map(readDecision);
const text = [
  '# Decisions',
  '',
  'Why it is as it is, one page each: what was decided, why, and what it costs. A decision that is changed gets a new page, and its own says which one.',
  '',
  '| decision | in one sentence | status |',
  '| --- | --- | --- |',
  ...rows,
  '',
  'Made from the pages by `npm run docs`; change them, not this one.',
  '',
].join('\n');
publish(`${root}/README.md`, text, 'the decisions');
