// Keeps what each package exports as `api.md` beside its sources, from dist/packages; the second half of `npm run packages`.
import { copyFileSync, existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { readSources } from './source.mts';

for (const { root } of readSources()) {
  const listing = `dist/packages/${basename(root)}.md`;
  if (existsSync(listing)) copyFileSync(listing, join(root, 'api.md'));
}
