import { globSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { append, type Edit, reachedBy, relock, replace, update } from './affected-clones';

const workspace = resolve(__dirname, '../../..');

type Reached = Readonly<Record<string, string>>;

const checked = 'lint typecheck';
const tested = 'lint typecheck test';
const built = 'lint typecheck test build';
const service = 'lint typecheck test build image-files image';
const walked = { e2e: 'lint typecheck e2e workspace' };
const copied = 'test workspace';
/** Held against apps/user and the contract, or changing them. */
const generators = { 'nx-plugin': copied };
const pages = { docs: 'check' };
/** What pages say of links, commands and files. */
const words = { words: 'test' };
/** The benchmarks run the gateway and user as they are built. */
const measured = { bench: built };
const gateway = { gateway: service, ...measured, ...walked };
/** What a contract's declarations are checked by, whatever they are. */
const declared = { proto: 'lint', checks: copied, release: copied, ...generators };
/** Every project that eslint looks at: those with code. Protos have a linter of their own. */
const projects = globSync('{apps,libs,tools}/**/project.json', { cwd: workspace })
  .filter((file) => globSync(`${dirname(file)}/**/*.{ts,mts,cjs}`, { cwd: workspace }).length > 0)
  .map((file) => (JSON.parse(readFileSync(join(workspace, file), 'utf8')) as { name: string }).name);
const all = (targets: string): Reached => Object.fromEntries(projects.map((name) => [name, targets]));
const containing = (reached: Reached): Reached => expect.objectContaining(reached);

/** What is changed, how, and what that reaches: everything, and nothing else, unless it is said to contain. */
const table: readonly (readonly [string, Edit, Reached])[] = [
  [
    'a leaf lib',
    append('libs/errors/src/app-error.ts'),
    {
      ...{ errors: tested, rpc: tested, postgres: tested, access: tested, idempotency: tested, observability: tested, lifecycle: tested, transcoding: tested },
      ...{ 'contracts-api': checked, 'contracts-auth': checked, 'contracts-user': checked, 'contracts-verifier': checked },
      ...{ listing: tested, outbox: tested, user: service, auth: service, cli: built, ...gateway, ...pages, checks: copied, packages: tested },
    },
  ],
  ['a lib in the middle', append('libs/transcoding/src/problem.ts'), containing({ transcoding: tested, gateway: service })],
  ['a test of a lib', append('libs/transcoding/src/strict-json.test.ts'), { transcoding: tested }],
  ['user', append('apps/user/src/user.ts'), { user: service, ...measured, ...walked, ...pages, ...generators }],
  ['auth', append('apps/auth/src/login.ts'), { auth: service, ...measured, ...walked, ...pages }],
  ['gateway', append('apps/gateway/src/app.ts'), { ...gateway, ...pages }],
  [
    'a migration',
    append('apps/user/src/postgres/migrations/0003_lower_email_domains.sql', '-- added\n'),
    { user: service, ...measured, ...walked, ...pages, ...generators, release: copied },
  ],
  [
    "user's contract",
    append('proto/gatehouse/user/v1/user.proto', 'message Added {}\n'),
    { 'contracts-user': checked, 'contracts-auth': checked, user: service, auth: service, cli: built, ...gateway, ...pages, ...declared },
  ],
  [
    "auth's contract, and not user",
    append('proto/gatehouse/auth/v1/auth.proto', 'message Added {}\n'),
    { 'contracts-auth': checked, auth: service, cli: built, ...gateway, ...pages, ...declared },
  ],
  [
    "verifier's contract",
    append('proto/gatehouse/verifier/v1/verifier.proto', 'message Added {}\n'),
    { 'contracts-verifier': checked, access: tested, user: service, auth: service, ...gateway, ...pages, ...declared },
  ],
  [
    'a comment in a contract, which the gateway shows',
    replace('proto/gatehouse/auth/v1/auth.proto', '// AuthService knows', '// The service knows'),
    { proto: 'lint', ...gateway, ...pages, checks: 'test' },
  ],
  ['a package of one app', update('@fastify/cors'), gateway],
  [
    'a package beneath one of two apps, by an override',
    (folder) => {
      replace('package.json', '"overrides": {', '"overrides": {\n    "standard-as-callback": "99.0.0",')(folder);
      update('standard-as-callback')(folder);
    },
    { ...gateway, auth: service, release: copied },
  ],
  ['a package beside a bundle', update('@node-rs/argon2'), { auth: service, ...measured, ...walked }],
  ['what makes bundles', update('esbuild'), containing({ user: service, auth: service, gateway: service, docs: `${checked} check`, cli: built })],
  ['what lints', update('eslint-plugin-n'), all('lint')],
  [
    'the lock file where it is about what nothing uses, a tool that nothing imports, or where packages are and in which order',
    relock((packages) => {
      const { 'node_modules/ioredis': moved, 'node_modules/lint-staged': tool } = packages;
      delete packages['node_modules/ioredis'];
      packages['node_modules/ioredis'] = { ...moved, resolved: 'https://example.com/ioredis.tgz' };
      packages['node_modules/lint-staged'] = { ...tool, version: '99.0.0', integrity: 'sha512-another' };
      packages['node_modules/unused'] = { version: '1.0.0', integrity: 'sha512-unused', license: 'MIT' };
    }),
    {},
  ],
  ['a script in package.json', replace('package.json', '"scripts": {', '"scripts": {\n    "added": "true",'), { release: copied, ...words }],
  [
    'a package that is shipped no longer, by package.json alone',
    replace('package.json', /( {4}"pg": .*\n)([^]*"devDependencies": \{\n)/, '$2$1'),
    { ...all('lint'), release: `lint ${copied}`, packages: 'lint test' },
  ],
  [
    'a name of "imports" in package.json',
    replace('package.json', './tools/nx/services/services.mts', './tools/nx/services/gone.mts'),
    containing({ docs: `${checked} check`, launcher: built }),
  ],
  [
    'how tests are run',
    append('jest.shared.cjs'),
    containing({ errors: 'test', words: 'test', packages: 'test', ...generators, checks: copied, e2e: 'e2e workspace' }),
  ],
  ['a page', append('docs/architecture.md'), { ...pages, ...words }],
  ['a page that tests of code read', append('docs/observability.md'), { observability: 'test', e2e: 'e2e workspace', ...pages, ...words }],
  ['the page of logs', append('docs/logs.md'), { e2e: 'e2e workspace', ...pages, ...words }],
  ['the README, whose commands are run', append('README.md'), { e2e: 'e2e workspace', ...words }],
  ['the Dockerfile', append('docker/Dockerfile'), { user: 'image', auth: 'image', gateway: 'image', checks: copied, ...generators }],
  ['compose.yaml', append('docker/compose.yaml'), { checks: copied, e2e: 'e2e workspace', ...generators }],
  ['a workflow', append('.github/workflows/ci.yaml'), { checks: copied }],
  ['a benchmark', append('tools/bench/src/rounds.ts'), { ...measured, ...pages, ...words }],
  ['the rules of eslint', append('eslint.config.mjs'), { ...all('lint'), checks: 'lint test workspace', 'nx-plugin': 'lint test workspace' }],
  ['the rules of prettier', append('.prettierrc.json'), generators],
  ['tsconfig.base.json', append('tsconfig.base.json'), containing({ user: service, compose: checked, look: expect.stringContaining(tested) })],
  ['nx.json', append('nx.json'), containing({ user: service, proto: 'lint', docs: `${checked} check` })],
];

describe('a change reaches what depends on it, and nothing else', () => {
  let reached: Record<string, Reached>;
  beforeAll(async () => {
    reached = await reachedBy(Object.fromEntries(table.map(([what, edit]) => [what, edit])));
  }, 400_000);

  it.each(table)('%s', (what, _edit, expected) => expect(reached[what]).toEqual(expected));
});
