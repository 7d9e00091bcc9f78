// Writes docs/errors/ from the reasons that the contracts declare; with --check says whether it is current.
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { loadGatewayCode } from './gateway-code.mts';
import { publish } from './page.mts';

const root = 'docs/errors';
const { createErrorMarkdown } = await loadGatewayCode<{ createErrorMarkdown: () => Record<string, string> }>('apps/gateway/src/error-page-markdown.ts');
const pages = createErrorMarkdown();

mkdirSync(root, { recursive: true });
for (const [name, text] of Object.entries(pages)) {
  mkdirSync(dirname(join(root, name)), { recursive: true });
  publish(join(root, name), `${text}\nMade from proto/ by \`npm run docs\`; change that, not this page.\n`, 'the contracts');
}
for (const name of readdirSync(root, { recursive: true, encoding: 'utf8' })) {
  if (!name.endsWith('.md') || name in pages) continue;
  if (!process.argv.includes('--check')) rmSync(join(root, name));
  else {
    console.error(`${join(root, name)} is the page of no reason: run \`npm run docs\``);
    process.exitCode = 1;
  }
}
