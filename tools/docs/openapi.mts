// Writes docs/openapi.yaml from the contracts that the gateway serves; with --check says whether it is current.
import { build } from 'esbuild';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

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

if (process.argv.includes('--check')) {
  if (!existsSync(page) || readFileSync(page, 'utf8') !== text) {
    console.error(`${page} is not what the contracts say: run \`npm run docs\``);
    process.exit(1);
  }
} else {
  writeFileSync(page, text);
  console.log(`wrote ${page}`);
}
