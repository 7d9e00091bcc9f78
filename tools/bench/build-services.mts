// Builds user and gateway twice more, with something else in the place of libs/observability: nothing, or what is mostly
// taken off the shelf. The latter keeps its packages outside of the bundle, where those that patch can find them.
import { build, type Plugin } from 'esbuild';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';

const workspace = resolve(import.meta.dirname, '../..');
const options = createRequire(import.meta.url)('../esbuild.config.cjs') as Parameters<typeof build>[0];

const replaceObservability = (file: string): Plugin => ({
  name: 'replace-observability',
  setup(bundler) {
    const path = `${workspace}/tools/bench/src/observability/${file}`;
    // the replacement itself takes from the replaced what is no telemetry, such as the settings
    bundler.onResolve({ filter: /^@gatehouse\/observability$/ }, ({ importer }) =>
      importer.includes('/tools/bench/src/observability/') ? undefined : { path },
    );
  },
});

for (const app of ['user', 'gateway'])
  for (const [variant, file, packages] of [
    ['silent', 'silent.ts', 'bundle'],
    ['stock', 'stock.ts', 'external'],
  ] as const)
    await build({
      ...options,
      entryPoints: { main: `${workspace}/apps/${app}/src/main.ts` },
      outdir: `${workspace}/dist/tools/bench-services/${variant}/${app}`,
      tsconfig: `${workspace}/tsconfig.base.json`,
      plugins: [...(options.plugins ?? []), replaceObservability(file)],
      platform: 'node',
      format: 'cjs',
      bundle: true,
      packages,
      logLevel: 'error',
    });
