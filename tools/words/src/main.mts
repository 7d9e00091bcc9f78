// What pages say and is not so: links, commands and names of files that lead nowhere. Looks at the pages that it is given, or at all of
// ours; `--external` only lists the links that leave the workspace, which nothing follows here.
import { parseArgs } from 'node:util';
import { createCommandCheck } from './commands.mts';
import { elsewhere } from './elsewhere.mts';
import { listFiles, listPages } from './files.mts';
import { findBrokenLinks } from './links.mts';
import { readPage } from './pages.mts';
import { createPathCheck } from './paths.mts';
import { findUnreachable } from './reach.mts';
import { findOtherWords } from './voice.mts';
import { readWorkspace } from './workspace.mts';

const files = listFiles();
const { positionals, values } = parseArgs({ options: { external: { type: 'boolean' } }, allowPositionals: true });
const pages = (positionals.length ? positionals : listPages(files)).map(readPage);
if (values.external) {
  console.log(pages.flatMap(({ path, external }) => external.map((url) => `${path}: ${url}`)).join('\n'));
  process.exit();
}
const checkCommands = createCommandCheck(await readWorkspace(files));
const checkPath = createPathCheck(files);

const problems = await findBrokenLinks(pages.map(({ path }) => path));
// notes for a release are read by Nx, and a listing of exports by whoever reviews its change
if (!positionals.length)
  for (const path of findUnreachable(pages, 'README.md'))
    if (!/^\.nx\/|(^|\/)(CHANGELOG|api)\.md$/.test(path)) problems.push(`${path}: no page leads here from README.md`);
for (const { path, code, prose } of pages) {
  for (const each of code) {
    const place = `${path}:${each.line}`;
    problems.push(...checkCommands(each, path).map((problem) => `${place}: ${problem}`));
    const missing = each.language === undefined ? checkPath(each.text, path) : undefined;
    if (missing) problems.push(`${place}: ${missing}`);
  }
  for (const { line, text } of prose) problems.push(...findOtherWords(text).map((problem) => `${path}:${line}: ${problem}`));
}
for (const [program, reason] of Object.entries(elsewhere))
  for (const [, path = ''] of reason.matchAll(/`([^`]+)`/g)) {
    const missing = checkPath(path, 'tools/words/src/elsewhere.mts');
    if (missing) problems.push(`tools/words/src/elsewhere.mts: ${program}: ${missing}`);
  }
console.log(problems.join('\n') || `${pages.length} pages: links, commands and names of files lead somewhere`);
process.exitCode = problems.length ? 1 : 0;
