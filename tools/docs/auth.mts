// Writes the tables of docs/auth.md from tools/docs/auth: the ways in, the peers, and what of OWASP ASVS is met; with --check says whether
// they are current. Throws where a test or a page that they name is not there.
import { readFileSync } from 'node:fs';
import { checklist } from './auth/asvs.mts';
import { peers } from './auth/peers.mts';
import { readWaysIn } from './auth/ways-in.mts';
import { publish } from './page.mts';

const page = 'docs/auth.md';
const tables: Readonly<Record<string, readonly string[]>> = { 'ways in': await readWaysIn(), peers, checklist };

let text = readFileSync(page, 'utf8');
for (const [name, lines] of Object.entries(tables)) {
  const [begin, end] = [`<!-- ${name} of tools/docs/auth -->\n`, `<!-- end of the ${name} -->`];
  const [before, rest] = text.split(begin);
  const after = rest?.split(end)[1];
  if (before === undefined || after === undefined) throw new Error(`${page} has no place for the ${name}: put back the comments around them`);
  text = `${before}${begin}\n${lines.join('\n')}\n\n${end}${after}`;
}
publish(page, text, 'tools/docs/auth and the contract');
