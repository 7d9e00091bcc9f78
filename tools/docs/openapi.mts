// Writes docs/openapi.yaml from the contracts that the gateway serves; with --check says whether it is current.
import { build } from 'esbuild';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { publish } from './page.mts';

const page = 'docs/openapi.yaml';

async function readDocument(): Promise<string> {
  // beside node_modules, so that what stays external resolves
  const folder = mkdtempSync(join(process.cwd(), 'node_modules', '.openapi-'));
  try {
    const file = join(folder, 'openapi.cjs');
    await build({ entryPoints: ['apps/gateway/src/openapi.ts'], outfile: file, bundle: true, platform: 'node', format: 'cjs', packages: 'external', tsconfig: 'tsconfig.base.json' });
    return createRequire(file)(file).createGatewayYaml();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const text = `# Made from proto/ by \`npm run docs\`; change that, not this page.\n${await readDocument()}`;

publish(page, text, 'the contracts');
