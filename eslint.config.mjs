import nx from '@nx/eslint-plugin';
import importX from 'eslint-plugin-import-x';
import n from 'eslint-plugin-n';
import { readdirSync } from 'node:fs';
import tseslint from 'typescript-eslint';
import { commentTags } from './tools/checks/lint/comment-tags.mts';
import { names } from './tools/checks/lint/names.mts';
import { withNextSteps } from './tools/checks/lint/next-steps.mts';
import { isEdge, readServices, toContractName } from './tools/nx/services/services.mts';

const contracts = (...names) => names.map((name) => `contract:${name}`);
const libs = (...names) => names.map((name) => `lib:${name}`);
const allContracts = readdirSync(`${import.meta.dirname}/libs/contracts`);
const services = readServices(import.meta.dirname);
const keepers = services.filter(({ hasDatabase }) => hasDatabase).map(({ name }) => `app:${name}`);

// Packages that only some projects may import.
const owners = {
  '@grpc/grpc-js': ['lib:rpc'],
  fastify: ['app:gateway', 'app:cli', 'lib:transcoding', 'lib:lifecycle'],
  '@fastify/*': ['app:gateway', 'lib:transcoding', 'lib:lifecycle'],
  ws: ['lib:transcoding', 'app:e2e', 'app:gateway', 'app:cli'],
  pg: ['lib:postgres', 'lib:idempotency', 'lib:outbox', ...keepers, 'app:e2e', 'tool:postgres-server'],
};
const allow = (sourceTag, ...targets) => ({
  sourceTag,
  onlyDependOnLibsWithTags: targets,
  // and the files within it
  bannedExternalImports: Object.keys(owners)
    .filter((name) => !owners[name].includes(sourceTag))
    .flatMap((name) => [name, `${name}/*`]),
});

/** A service may know the libs, and of the contracts what it serves and calls. The edge has routes, the others tables. */
function toRow(service) {
  const own = isEdge(service) ? ['transcoding'] : ['postgres', 'idempotency', 'listing', 'outbox'];
  return allow(
    `app:${service.name}`,
    ...libs('errors', 'rpc', 'access', 'observability', 'lifecycle', ...own),
    ...contracts('api', ...[...service.packages, ...service.calls].map(toContractName)),
    ...(isEdge(service) ? [] : ['tool:postgres-server']),
  );
}

// Deny by default: a project may know what its row names, and nothing else.
const depConstraints = [
  allow('lib:errors'),
  ...allContracts.map((name) => allow(`contract:${name}`, 'lib:errors')),
  allow('lib:rpc', 'lib:errors', 'contract:api'),
  allow('lib:postgres', 'lib:errors', 'contract:api', 'tool:postgres-server'),
  allow('lib:access', ...libs('errors', 'rpc'), ...contracts('api', 'verifier')),
  allow('lib:idempotency', ...libs('errors', 'postgres'), 'contract:api'),
  allow('lib:outbox', ...libs('errors', 'postgres'), 'contract:api', 'tool:postgres-server'),
  allow('lib:observability', ...libs('errors', 'rpc', 'postgres', 'transcoding')),
  allow('lib:lifecycle', 'lib:observability'),
  allow('lib:transcoding', ...libs('errors', 'rpc'), 'contract:api'),
  allow('lib:listing', ...libs('errors', 'postgres'), 'contract:api'),
  ...services.map(toRow),
  allow(
    'app:e2e',
    ...libs('errors', 'rpc', 'observability'),
    ...contracts(...allContracts),
    'tool:postgres-server',
    'tool:scratch-clone',
    'tool:services',
    'tool:compose',
    'tool:packages',
  ),
  // a client: the libs and contracts are for the server that its tests make
  allow('app:cli', ...libs('errors', 'rpc', 'transcoding'), ...contracts('api', 'user', 'auth'), 'tool:services'),
  allow('tool:launcher', 'tool:postgres-server', 'tool:look', 'tool:services'),
  allow('tool:image', 'tool:postgres-server', 'tool:services', 'tool:commands'),
  allow('tool:nx', 'tool:services', 'tool:compose', 'tool:scratch-clone'),
  allow('tool:look'),
  allow('tool:postgres-server'),
  allow('tool:checks', 'tool:scratch-clone', 'tool:services', 'tool:compose', 'tool:commands'),
  allow('tool:packages'),
  allow('tool:release', 'tool:scratch-clone'),
  allow('tool:bench', ...libs('errors', 'rpc', 'access', 'observability'), ...contracts('user', 'auth', 'verifier'), 'tool:postgres-server', 'tool:services'),
  allow('tool:docs', 'tool:services'),
  ...['generate', 'scratch-clone', 'compose', 'services', 'commands', 'words'].map((name) => allow(`tool:${name}`)),
];

const boundaryStep = 'take what you need from a lib that is allowed or, where the arrow is right, name it in the row of "depConstraints" in eslint.config.mjs';
const boundaries = withNextSteps(nx, {
  'enforce-module-boundaries': {
    noRelativeOrAbsoluteImportsAcrossLibraries: 'import by the name that tsconfig.base.json gives it, @gatehouse/…, what its index.ts lists',
    noCircularDependencies: 'move what both need into the lower of the two, or hand it over where app.ts joins them',
    onlyTagsConstraintViolation: boundaryStep,
    emptyOnlyTagsConstraintViolation: boundaryStep,
    projectWithoutTagsCannotHaveDependencies: boundaryStep,
    noImportsOfApps: 'what two apps need is a lib',
    bannedExternalImportsViolation: 'its "owners" in eslint.config.mjs may; take what you need from the lib that owns it',
  },
});
const imports = withNextSteps(importX, {
  'no-default-export': 'export it by its name',
  'no-extraneous-dependencies': { devDep: 'what is shipped stands in "dependencies" of package.json, by which licences and vulnerabilities are looked at' },
  'no-cycle': 'move what both need into a file that imports neither',
});
const node = withNextSteps(n, { 'no-process-env': 'config.ts alone reads the environment; add a setting to its schema and take it from the config' });

const testsAlone = {
  regex: '^(@gatehouse/[^/]+|\\.{1,2}(/\\.\\.)*)/testing(/|$)|^@gatehouse/(postgres-server|scratch-clone)$',
  message: 'It is for tests alone: take what you need from the index.ts, or move it there.',
};
const deepImport = { regex: '^@gatehouse/.+/src(/|$)', message: 'Import what its index.ts lists.' };
const typesAlone = {
  group: ['@gatehouse/rpc', '@gatehouse/postgres', '@gatehouse/transcoding'],
  allowTypeImports: true,
  message: 'It knows their types alone ("import type"): take the value as an argument, app.ts joins the two.',
};
const domainAlone = {
  regex: '^(?!@gatehouse/(errors|contracts/[^/]+)$)',
  message: 'The domain knows @gatehouse/errors and its contract alone: hand over what it needs as an argument.',
};
const restrictImports = (...patterns) => ({ '@typescript-eslint/no-restricted-imports': ['error', { patterns }] });

// the ways to the environment that n/no-process-env does not see
const environments = [
  'ImportDeclaration[source.value=/^(node:)?process$/] ImportSpecifier[imported.name="env"]',
  'ImportDeclaration[source.value=/^(node:)?process$/] ImportNamespaceSpecifier',
  'MemberExpression[property.name="env"][object.property.name="process"]',
  'VariableDeclarator[init.name="process"] > ObjectPattern > Property[key.name="env"]',
];
const restrictedSyntax = [
  { selector: 'ExportAllDeclaration', message: 'List the names: an index.ts is a table of contents.' },
  ...environments.map((selector) => ({ selector, message: 'Write process.env, which config.ts alone reads.' })),
];

export default tseslint.config(
  { ignores: ['**/dist', '**/src/gen', '**/test/gen', '**/example/gen', '**/node_modules', '**/third_party', '**/.nx', '**/tmp'] },
  ...tseslint.configs.recommended,
  {
    files: ['**/*.{ts,tsx,mts}'],
    plugins: { '@nx': boundaries, 'import-x': imports, n: node, gatehouse: { rules: { names, 'comment-tags': commentTags } } },
    settings: {
      'import-x/resolver': { node: { extensions: ['.ts', '.tsx', '.mts', '.mjs', '.js'] } },
      'import-x/parsers': { '@typescript-eslint/parser': ['.ts', '.mts'] },
    },
    rules: {
      '@nx/enforce-module-boundaries': ['error', { enforceBuildableLibDependency: false, allow: [], allowCircularSelfDependency: false, depConstraints }],
      'n/no-process-env': 'error',
      'import-x/no-default-export': 'error',
      'import-x/no-cycle': ['error', { ignoreExternal: true }],
      'gatehouse/names': 'error',
      'gatehouse/comment-tags': 'error',
      ...restrictImports(deepImport),
      'max-lines': ['error', { max: 250, skipBlankLines: true, skipComments: true }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      'no-restricted-syntax': ['error', ...restrictedSyntax],
    },
  },
  {
    files: ['apps/**/src/**/*.ts'],
    ignores: ['**/postgres/**', '**/*.test.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        { paths: [{ name: 'pg', message: 'SQL lives in **/postgres/**: write the statement there, and ask through the repository.' }] },
      ],
    },
  },
  {
    files: ['apps/*/src/**/*.{ts,mts}', 'libs/**/src/**/*.ts'],
    ignores: ['**/testing.ts', '**/testing/**', '**/*.test.ts'],
    rules: {
      ...restrictImports(deepImport, testsAlone),
      // the rules of imports look at those at the top of a file alone
      'no-restricted-syntax': [
        'error',
        ...restrictedSyntax,
        { selector: 'ImportExpression', message: 'Import it at the top of the file, where the rules of imports see it.' },
      ],
      'import-x/no-extraneous-dependencies': ['error', { devDependencies: false, packageDir: import.meta.dirname }],
    },
  },
  {
    files: ['libs/observability/src/**/*.ts'],
    ignores: ['**/testing.ts', '**/testing/**', '**/*.test.ts'],
    rules: restrictImports(deepImport, testsAlone, typesAlone),
  },
  { files: ['apps/user/src/user.ts'], rules: restrictImports(domainAlone) },
  { files: ['**/config.{ts,mts}', 'tools/**', 'apps/e2e/**', '**/*.test.ts', '**/testing.ts', '**/test/**'], rules: { 'n/no-process-env': 'off' } },
  { files: ['**/*.test.ts', '**/test/**'], rules: { 'max-lines': 'off' } },
  // written as by those who install the packages
  { files: ['libs/*/example/**'], rules: { '@nx/enforce-module-boundaries': 'off' } },
  { files: ['**/*.cjs'], rules: { '@typescript-eslint/no-require-imports': 'off' } },
  { files: ['tools/types/*.d.ts'], rules: { 'gatehouse/names': 'off' } },
  { files: ['eslint.config.mjs', 'knip.config.ts', 'tools/types/*.d.ts'], rules: { 'import-x/no-default-export': 'off' } },
);
