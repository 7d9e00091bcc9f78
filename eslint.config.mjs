import nx from '@nx/eslint-plugin';
import importX from 'eslint-plugin-import-x';
import n from 'eslint-plugin-n';
import tseslint from 'typescript-eslint';

const contracts = (...names) => names.map((name) => `contract:${name}`);
const libs = (...names) => names.map((name) => `lib:${name}`);

// Packages that only some projects may import.
const owners = {
  '@grpc/grpc-js': ['lib:rpc'],
  fastify: ['app:gateway', 'lib:transcoding', 'lib:lifecycle'],
  '@fastify/*': ['app:gateway', 'lib:transcoding', 'lib:lifecycle'],
  ws: ['lib:transcoding', 'app:e2e', 'app:gateway'],
  pg: ['lib:postgres', 'lib:idempotency', 'app:user', 'app:auth', 'app:e2e', 'tool:postgres-server', 'tool:launcher'],
};
const allow = (sourceTag, ...targets) => ({
  sourceTag,
  onlyDependOnLibsWithTags: targets,
  bannedExternalImports: Object.keys(owners).filter((name) => !owners[name].includes(sourceTag)),
});

// Deny by default: a project may know what its row names, and nothing else.
const depConstraints = [
  allow('lib:errors'),
  ...['api', 'user', 'auth', 'verifier'].map((name) => allow(`contract:${name}`, 'lib:errors')),
  allow('lib:rpc', 'lib:errors', 'contract:api'),
  allow('lib:postgres', 'lib:errors', 'contract:api', 'tool:postgres-server'),
  allow('lib:access', ...libs('errors', 'rpc'), ...contracts('api', 'verifier')),
  allow('lib:idempotency', ...libs('errors', 'postgres'), 'contract:api'),
  allow('lib:observability', ...libs('errors', 'rpc', 'postgres', 'transcoding')),
  allow('lib:lifecycle', 'lib:observability'),
  allow('lib:transcoding', ...libs('errors', 'rpc'), 'contract:api'),
  allow(
    'app:user',
    ...libs('errors', 'rpc', 'access', 'observability', 'postgres', 'idempotency', 'lifecycle'),
    ...contracts('api', 'user', 'verifier'),
    'tool:postgres-server',
  ),
  allow(
    'app:auth',
    ...libs('errors', 'rpc', 'access', 'observability', 'postgres', 'idempotency', 'lifecycle'),
    ...contracts('api', 'auth', 'user', 'verifier'),
    'tool:postgres-server',
  ),
  allow('app:gateway', ...libs('errors', 'rpc', 'access', 'observability', 'lifecycle', 'transcoding'), ...contracts('api', 'verifier')),
  allow('app:e2e', ...libs('errors', 'rpc', 'observability'), ...contracts('api', 'user', 'auth', 'verifier'), 'tool:postgres-server', 'tool:scratch-clone'),
  allow('tool:launcher', 'tool:postgres-server', 'tool:look'),
  allow('tool:image', 'tool:postgres-server'),
  allow('tool:look'),
  allow('tool:postgres-server'),
  allow('tool:checks', 'tool:scratch-clone'),
  allow('tool:release', 'tool:scratch-clone'),
  allow('tool:nx', 'tool:scratch-clone'),
  allow('tool:bench', ...libs('errors', 'rpc', 'access', 'observability'), ...contracts('user', 'auth', 'verifier'), 'tool:postgres-server'),
  ...['generate', 'docs', 'scratch-clone', 'certs', 'compose'].map((name) => allow(`tool:${name}`)),
];

export default tseslint.config(
  { ignores: ['**/dist', '**/src/gen', '**/test/gen', '**/node_modules', '**/third_party', '**/.nx', '**/tmp'] },
  ...tseslint.configs.recommended,
  {
    files: ['**/*.{ts,tsx,mts}'],
    plugins: { '@nx': nx, 'import-x': importX, n },
    settings: {
      'import-x/resolver': { node: { extensions: ['.ts', '.tsx', '.mts', '.mjs', '.js'] } },
      'import-x/parsers': { '@typescript-eslint/parser': ['.ts', '.mts'] },
    },
    rules: {
      '@nx/enforce-module-boundaries': ['error', { enforceBuildableLibDependency: false, allow: [], allowCircularSelfDependency: false, depConstraints }],
      'n/no-process-env': 'error',
      'import-x/no-default-export': 'error',
      'import-x/no-cycle': 'error',
      'max-lines': ['error', { max: 250, skipBlankLines: true, skipComments: true }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      'no-restricted-syntax': ['error', { selector: 'ExportAllDeclaration', message: 'list the names: an index.ts is a table of contents' }],
    },
  },
  {
    files: ['apps/**/src/**/*.ts'],
    ignores: ['**/postgres/**', '**/*.test.ts'],
    rules: { 'no-restricted-imports': ['error', { paths: [{ name: 'pg', message: 'SQL lives in **/postgres/**' }] }] },
  },
  {
    files: ['apps/*/src/**/*.ts', 'libs/**/src/**/*.ts'],
    ignores: ['**/testing.ts', '**/testing/**', '**/*.test.ts'],
    rules: {
      '@typescript-eslint/no-restricted-imports': [
        'error',
        { patterns: [{ group: ['@gatehouse/*/testing', '@gatehouse/postgres-server', '@gatehouse/scratch-clone'], message: 'for tests alone' }] },
      ],
    },
  },
  { files: ['**/config.ts', 'tools/**', 'apps/e2e/**', '**/*.test.ts', '**/testing.ts', '**/test/**'], rules: { 'n/no-process-env': 'off' } },
  { files: ['**/*.test.ts', '**/test/**'], rules: { 'max-lines': 'off' } },
  { files: ['**/*.cjs'], rules: { '@typescript-eslint/no-require-imports': 'off' } },
  { files: ['eslint.config.mjs', 'knip.config.ts', 'tools/types/*.d.ts'], rules: { 'import-x/no-default-export': 'off' } },
);
